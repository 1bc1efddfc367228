import FlowCore
import FlowRPC

/// One deployment: its state and why, its tasks, what ran of it, and what to type.
package struct DeploymentPage: Sendable {
  package var frame: PageFrame
  package var deployment: FlowV1.Deployment
  package var instances: [FlowV1.Instance]
  /// Only instances in this state are shown.
  package var filter: FlowV1.InstanceState?
  /// There are older ones.
  package var hasMore: Bool

  package init(
    frame: PageFrame, deployment: FlowV1.Deployment, instances: [FlowV1.Instance], filter: FlowV1.InstanceState?, hasMore: Bool
  ) {
    self.frame = frame
    self.deployment = deployment
    self.instances = instances
    self.filter = filter
    self.hasMore = hasMore
  }

  static let tasksMax = 80

  package func render() -> String {
    let name = DeploymentName(deployment)
    return frame.page(
      title: name.name, section: .none,
      """
      <nav class=crumbs aria-label=Breadcrumb><a href="/">Home</a> / <span class=mono>\(deployment.id)</span></nav>
      <div id=state data-live><div class=lead><h1><bdi>\(name.name)</bdi></h1>\(deployment.state.badge.html)</div>
      <p class=soft>\(since)</p>
      \(path)\(reason)</div>
      <div class=split><div>
      <section id=tasks data-live class=card><h2>Tasks</h2>\(tasks)</section>
      <section id=runs data-live class=card><h2>Instances</h2>\(tabs)\(runs)</section>
      </div><div>
      <section id=facts data-live class=card><h2>About</h2>\(facts)</section>
      \(Parts.metadata(deployment.userMetadata, title: "User metadata", id: "metadata"))
      <section id=commands data-live class=card><h2>On the command line</h2>\(commands)</section>
      </div></div>
      """)
  }

  // MARK: state

  private var since: HTML {
    deployment.sinceMs > 0 ? "since \(TimeWords.ago(deployment.sinceMs, now: frame.now))" : .empty
  }

  private var reason: HTML {
    guard !deployment.reason.isEmpty else { return .empty }
    let tone: HTML = deployment.state == .error ? "bad" : "warn"
    return "<p class=\"note \(tone)\">\(Badge.icon("error"))<span>\(deployment.reason.shortened(to: 2000))</span></p>"
  }

  /// The lifecycle, with the present state on it.
  private var path: HTML {
    let states: [FlowV1.DeploymentState] = [.starting, .running, .stopping, .stopped]
    let shown = deployment.state == .error ? [.starting, .error, .running, .stopping, .stopped] : states
    let items = shown.map { state -> HTML in
      state == deployment.state ? "<li aria-current=step>\(state.badge.html)</li>" : "<li>\(state.badge.word)</li>"
    }
    return "<ol class=path aria-label=\"Lifecycle\">\(items)</ol>"
  }

  // MARK: tasks

  private var tasks: HTML {
    let health = Dictionary(deployment.health.map { ($0.elementID, $0) }) { _, last in last }
    let targets = Dictionary(deployment.probes.map { ($0.elementID, $0) }) { _, last in last }
    let all = Set(health.keys).union(targets.keys)
    guard !all.isEmpty else {
      return Parts.nothing("No task of this deployment is probed.", "<p>A deployment without probes is RUNNING at once.</p>")
    }
    let sorted = all.sorted { left, right in
      let (leftUp, rightUp) = (health[left]?.up ?? true, health[right]?.up ?? true)
      return leftUp == rightUp ? left < right : !leftUp
    }
    let shown = sorted.prefix(DeploymentPage.tasksMax)
    let (table, count) = Table(
      caption: "Tasks and their probes",
      columns: [
        .init(title: "Task"), .init(title: "Status"), .init(title: "Since", isNumber: true), .init(title: "Why"),
        .init(title: "Last check", isNumber: true),
      ],
      rows: shown.map { row($0, health[$0], targets[$0]) }
    ).fitting()
    let rest: HTML =
      all.count > count
      ? "<p class=soft>\(all.count - count) more are not shown; <code>flowctl health</code> shows all.</p>" : .empty
    return table + rest
  }

  private func row(_ id: String, _ health: FlowV1.ElementHealth?, _ target: FlowV1.ProbeTarget?) -> Table.Row {
    let badge = health.badge
    let probe: HTML =
      target.map { target in
        let method = target.method.isEmpty ? "GET" : target.method.shortened(to: 12)
        return "<small class=mono>\(method) \(target.url.shortened(to: 160))</small>"
      } ?? .empty
    let why = health.map { $0.up ? "" : $0.reason.shortened(to: 300) } ?? ""
    return Table.Row(
      key: id, state: badge.word,
      cells: [
        "<bdi>\(id.shortened(to: 120))</bdi>\(probe)", badge.html, TimeWords.ago(health?.sinceMs ?? 0, now: frame.now),
        why.isEmpty ? "<span class=soft>–</span>" : "\(why)", TimeWords.ago(health?.checkedMs ?? 0, now: frame.now),
      ])
  }

  // MARK: instances

  private var tabs: HTML {
    let path = Links.deployment(deployment.id)
    let choices = [("", "All")] + FlowV1.InstanceState.choices.map { ($0.word, $0.label) }
    let items = choices.map { word, label -> HTML in
      let current: HTML = word == (filter?.word ?? "") ? " aria-current=true" : ""
      return "<li><a href=\"\(Links.query(path, ["state": word]))\"\(current)>\(label)</a></li>"
    }
    return "<nav aria-label=\"Instances by state\"><ul class=tabs>\(items)</ul></nav>"
  }

  private var runs: HTML {
    guard !instances.isEmpty else {
      if let filter {
        return Parts.nothing(
          "No instance is \(filter.badge.word).", "<p><a href=\"\(Links.deployment(deployment.id))\">Show all states</a></p>")
      }
      guard deployment.state == .running else {
        return Parts.nothing("Nothing has run yet.", "<p>Instances can be started when the deployment is RUNNING.</p>")
      }
      return Parts.nothing("Nothing has run yet.", "<p>Start an instance:</p><p><code>flowctl run \(deployment.id) --wait</code></p>")
    }
    let table = InstanceTable(instances: instances, now: frame.now, caption: "Instances of this deployment", showsDeployment: false)
    let all = Links.query("/instances", ["deployment": deployment.id, "state": filter?.word ?? ""])
    return table.fitting + "<p><a href=\"\(all)\">\(hasMore ? "Older instances and filters" : "All with filters")</a></p>"
  }

  // MARK: aside

  private var facts: HTML {
    Parts.facts([
      ("Id", Parts.code(deployment.id)), ("Process", Parts.code(deployment.processID.shortened(to: 200))),
      ("Version", deployment.version > 0 ? "<span class=num>\(deployment.version)</span>" : .empty),
      ("File", "\(deployment.resourceName.shortened(to: 200))"),
      ("Applied", deployment.appliedMs > 0 ? TimeWords.ago(deployment.appliedMs, now: frame.now) : .empty),
      ("Running", "<span class=num>\(Parts.plural(deployment.instancesRunning, "instance"))</span>"),
    ])
  }

  private var commands: HTML {
    let id = deployment.id
    var lines: [(command: String, purpose: String)]
    switch deployment.state {
    case .running:
      lines = [("flowctl run \(id) --wait", "start an instance and print its result"), ("flowctl stop -d \(id)", "stop the deployment")]
    case .stopped: lines = [("flowctl start -d \(id)", "start it again"), ("flowctl delete -d \(id)", "forget it")]
    case .error: lines = [("flowctl probe \(id)", "probe its tasks now"), ("flowctl stop -d \(id)", "stop the deployment")]
    case .starting, .stopping, .stateUnspecified, .unrecognized: lines = [("flowctl ps -d \(id) --watch", "follow its state")]
    }
    lines.append(("flowctl logs \(id)", "what its services wrote"))
    return Parts.commands(lines)
  }
}
