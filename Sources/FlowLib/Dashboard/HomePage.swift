import FlowCore
import FlowRPC

/// What is broken first, then all deployments, then what ran last.
package struct HomePage: Sendable {
  package var frame: PageFrame
  package var deployments: [FlowV1.Deployment]
  /// The newest instances, newest first.
  package var instances: [FlowV1.Instance]
  /// Instances that failed and wait for someone, or failed lately.
  package var failed: [FlowV1.Instance]

  package init(
    frame: PageFrame, deployments: [FlowV1.Deployment], instances: [FlowV1.Instance], failed: [FlowV1.Instance]
  ) {
    self.frame = frame
    self.deployments = deployments
    self.instances = instances
    self.failed = failed
  }

  /// Rows of each table; who has more uses the filter.
  static let deploymentsMax = 40
  static let issuesMax = 12
  static let issueBytesMax = 8 << 10

  package func render() -> String {
    let issues = issues
    let title = issues.isEmpty ? "Home" : "\(issues.count) to look at"
    return frame.page(
      title: title, section: .home,
      """
      <div id=summary data-live>\(lead(issues.count))
      \(tiles)</div>
      \(attention(issues))
      <section id=deployments data-live class=card><h2>Deployments\(filterNote)</h2>\(deploymentTable)</section>
      <section id=recent data-live class=card><h2>Recent instances\(filterNote)</h2>\(recent)</section>
      """)
  }

  // MARK: summary

  private func lead(_ issues: Int) -> HTML {
    let (icon, tone, text): (String, String, String)
    let running = deployments.filter { $0.state == .running }.count
    if deployments.isEmpty {
      (icon, tone, text) = ("off", "idle", frame.link == .live ? "Nothing is deployed yet" : "Nothing is known")
    } else if issues > 0 {
      (icon, tone, text) = ("error", "bad", "\(Parts.plural(issues, "thing needs", "things need")) attention")
    } else if running == deployments.count {
      (icon, tone, text) = ("done", "good", running == 1 ? "The deployment is running" : "All \(running) deployments are running")
    } else {
      (icon, tone, text) = ("done", "good", "Nothing is broken, \(running) of \(Parts.plural(deployments.count, "deployment")) running")
    }
    return "<div class=lead><span class=\(tone)>\(Badge.icon(icon))</span><h1>\(text)</h1></div>"
  }

  private var tiles: HTML {
    let health = deployments.filter { $0.state != .stopped }.flatMap(\.health)
    let up = health.filter(\.up).count
    let running = deployments.reduce(UInt64(0)) { $0 &+ $1.instancesRunning }
    let states = deployments.filter { $0.state == .running }.count
    let broken = deployments.contains { $0.state == .error }
    return """
      <ul class=tiles>
      <li\(tone(broken, "bad"))><b>\(states) <small>of \(deployments.count)</small></b><span>deployments running</span></li>
      <li\(tone(up < health.count, "bad"))><b>\(up) <small>of \(health.count)</small></b><span>tasks up</span></li>
      <li><b>\(running)</b><span>instances running</span></li>
      <li\(tone(!failed.isEmpty, "warn"))><b>\(failed.count)\(failed.count >= HomePage.issuesMax ? "+" : "")</b><span>failed, to look at</span></li>
      </ul>
      """
  }

  private func tone(_ applies: Bool, _ name: HTML) -> HTML { applies ? " class=\(name)" : .empty }

  // MARK: what is broken

  private struct Issue {
    let badge: HTML
    let what: HTML
    let sinceMs: Int64
  }

  private var issues: [Issue] {
    let sorted = deployments.sorted { $0.id < $1.id }
    return sorted.filter { $0.state == .error }.map(deploymentIssue) + sorted.flatMap(taskIssues) + failed.map(instanceIssue)
  }

  private func deploymentIssue(_ deployment: FlowV1.Deployment) -> Issue {
    let why = deployment.reason.isEmpty ? "It is in state ERROR." : deployment.reason.shortened(to: 300)
    return Issue(
      badge: deployment.state.badge.html, what: "<b>\(DeploymentName(deployment).link)</b> \(why)", sinceMs: deployment.sinceMs)
  }

  /// A task of a deployment that stops or is stopped has every right to be down.
  private func taskIssues(_ deployment: FlowV1.Deployment) -> [Issue] {
    guard deployment.state == .running || deployment.state == .error else { return [] }
    return deployment.health.filter { !$0.up }.sorted { $0.elementID < $1.elementID }.map { health in
      let reason = health.reason.isEmpty ? "it does not answer" : health.reason.shortened(to: 200)
      return Issue(
        badge: Optional(health).badge.html,
        what: "Task <b>\(health.elementID.shortened(to: 80))</b> of \(DeploymentName(deployment).link): \(reason)", sinceMs: health.sinceMs)
    }
  }

  private func instanceIssue(_ instance: FlowV1.Instance) -> Issue {
    let at: HTML = instance.failedElementID.isEmpty ? .empty : " at <b>\(instance.failedElementID.shortened(to: 80))</b>"
    let retry: HTML = instance.state == .stopped ? " <code>flowctl start -i \(instance.id)</code>" : .empty
    return Issue(
      badge: instance.state.badge.html,
      what: "<a class=mono href=\"\(Links.instance(instance.id))\">\(instance.id)</a>\(at): \(InstanceTable.why(instance))\(retry)",
      sinceMs: instance.endedMs > 0 ? instance.endedMs : instance.createdMs)
  }

  private func attention(_ issues: [Issue]) -> HTML {
    guard !issues.isEmpty else { return "<div id=attention data-live></div>" }
    let items = issues.prefix(HomePage.issuesMax).map { issue -> HTML in
      "<li><span>\(issue.badge)</span><p>\(issue.what)</p>\(TimeWords.ago(issue.sinceMs, now: frame.now))</li>\n"
    }
    let (list, shown) = Parts.fitting(items, HomePage.issueBytesMax)
    let rest = issues.count - shown
    let more: HTML =
      rest > 0
      ? "<p class=soft>and \(rest) more; <a href=\"/instances?state=stopped\">stopped instances</a>, <a href=\"/instances?state=error\">instances in error</a></p>"
      : .empty
    return "<section id=attention data-live class=card><h2>Needs attention</h2><ul class=issues>\(list)</ul>\(more)</section>"
  }

  // MARK: tables

  private var needle: String { frame.query.lowercased() }

  private var filterNote: HTML {
    needle.isEmpty ? .empty : "<small>with “\(frame.query.shortened(to: 60))” · <a href=\"/\">show all</a></small>"
  }

  private var deploymentTable: HTML {
    let found = deployments.filter { deployment in
      needle.isEmpty || [deployment.id, deployment.processID, deployment.processName].contains { $0.lowercased().contains(needle) }
    }
    guard !found.isEmpty else { return nothingDeployed }
    // Broken ones first, stopped ones last, and what changed lately before the rest: who has just applied something looks for it.
    let order: (FlowV1.Deployment) -> (Int, Int64, String) = { deployment in
      (deployment.state == .error ? 0 : deployment.state == .stopped ? 2 : 1, -max(0, deployment.sinceMs), deployment.id)
    }
    let shown = found.sorted { order($0) < order($1) }.prefix(HomePage.deploymentsMax)
    let (table, count) = Table(
      caption: "Deployments",
      columns: [
        .init(title: "Deployment"), .init(title: "State"), .init(title: "Since", isNumber: true), .init(title: "Tasks"),
        .init(title: "Running", isNumber: true),
      ],
      rows: shown.map(row)
    ).fitting()
    let rest: HTML =
      found.count > count ? "<p class=soft>\(found.count - count) more; the search field finds them.</p>" : .empty
    return table + rest
  }

  private var nothingDeployed: HTML {
    if !needle.isEmpty { return Parts.nothing("No deployment has this in its name.", "<p><code>flowctl ps -d</code> lists all.</p>") }
    guard frame.link == .live else { return Parts.nothing("No deployments are known.", "<p>They appear as soon as flowd answers.</p>") }
    return Parts.nothing(
      "No deployments.", "<p>Deploy the first process:</p><p><code>flowctl apply examples/calc/calcprocess.bpmn</code></p>")
  }

  private func row(_ deployment: FlowV1.Deployment) -> Table.Row {
    let name = DeploymentName(deployment)
    let badge = deployment.state.badge
    return Table.Row(
      key: deployment.id, state: badge.word + tasks(deployment).text,
      cells: [
        "\(name.link)\(name.small)", badge.html, TimeWords.ago(deployment.sinceMs, now: frame.now), tasks(deployment),
        "\(deployment.instancesRunning)",
      ])
  }

  private func tasks(_ deployment: FlowV1.Deployment) -> HTML {
    let down = deployment.health.filter { !$0.up }.count
    let up = deployment.health.count - down
    if deployment.state == .stopped || (deployment.probes.isEmpty && deployment.health.isEmpty) { return "<span class=soft>–</span>" }
    if deployment.health.isEmpty { return "<span class=soft>not probed yet</span>" }
    let downBadge: HTML = down == 0 ? .empty : " <span class=\"badge bad\">\(Badge.icon("down"))\(down) DOWN</span>"
    let upBadge: HTML = up == 0 ? .empty : "<span class=\"badge good\">\(Badge.icon("up"))\(up) UP</span>"
    return "<span>\(upBadge)\(downBadge)</span>"
  }

  private var recent: HTML {
    let found = instances.filter { instance in
      needle.isEmpty || instance.id.lowercased().contains(needle) || instance.deploymentID.lowercased().contains(needle)
    }
    if !found.isEmpty {
      return InstanceTable(instances: found, now: frame.now, caption: "Recent instances").fitting
        + "<p><a href=\"/instances\">All instances</a></p>"
    }
    if !needle.isEmpty {
      return Parts.nothing("None of the newest instances has this in its name.", "<p><a href=\"/instances\">Look at all instances</a></p>")
    }
    let target = deployments.first { $0.state == .running }?.id ?? "calc"
    return Parts.nothing("Nothing has run yet.", "<p>Start an instance:</p><p><code>flowctl run \(target) 42 --wait</code></p>")
  }
}

/// How a deployment is called: by its process' name where it has one.
struct DeploymentName {
  let name: String
  private let deployment: FlowV1.Deployment

  init(_ deployment: FlowV1.Deployment) {
    self.deployment = deployment
    name = [deployment.processName, deployment.processID, deployment.id].first { !$0.isEmpty }?.shortened(to: 120) ?? ""
  }

  var link: HTML { "<a href=\"\(Links.deployment(deployment.id))\"><bdi>\(name)</bdi></a>" }
  var small: HTML { "<small class=mono>\(deployment.id.shortened(to: 120))</small>" }
}
