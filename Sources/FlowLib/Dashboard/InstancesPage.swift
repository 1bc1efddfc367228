import FlowCore
import FlowRPC

/// All instances, by state and deployment, page by page.
package struct InstancesPage: Sendable {
  package var frame: PageFrame
  package var instances: [FlowV1.Instance]
  /// For the choice; ids only.
  package var deployments: [String]
  package var filter: FlowV1.InstanceState?
  package var deployment: String
  /// Where this page begins; empty for the newest.
  package var token: String
  package var nextToken: String

  package init(
    frame: PageFrame, instances: [FlowV1.Instance], deployments: [String], filter: FlowV1.InstanceState?, deployment: String,
    token: String, nextToken: String
  ) {
    self.frame = frame
    self.instances = instances
    self.deployments = deployments
    self.filter = filter
    self.deployment = deployment
    self.token = token
    self.nextToken = nextToken
  }

  /// Rows of one page.
  package static let rows: UInt32 = 40
  static let choicesMax = 150

  package func render() -> String {
    frame.page(
      title: "Instances", section: .instances,
      """
      <h1>Instances</h1>
      <form class=filter action="/instances" method=get aria-label="Filter">
      <label>State<select name=state>\(states)</select></label>
      <label>Deployment<select name=deployment>\(choices)</select></label>
      <button>Show</button></form>
      <section id=list data-live class=card><h2>\(heading)</h2>\(list)\(pager)</section>
      """)
  }

  private var states: HTML {
    let items = FlowV1.InstanceState.choices.map { option($0.word, $0.label, filter?.word ?? "") }
    return "\(option("", "Any state", filter?.word ?? ""))\(items)"
  }

  private var choices: HTML {
    var ids = deployments.sorted().prefix(InstancesPage.choicesMax).map { $0 }
    if !deployment.isEmpty, !ids.contains(deployment) { ids.insert(deployment, at: 0) }
    return "\(option("", "Any deployment", deployment))\(ids.map { option($0, $0.shortened(to: 80), deployment) })"
  }

  private func option(_ value: String, _ label: String, _ chosen: String) -> HTML {
    "<option value=\"\(value)\"\(value == chosen ? " selected" : "" as HTML)>\(label)</option>"
  }

  private var heading: String {
    let state = filter.map { "\($0.badge.word) " } ?? ""
    return token.isEmpty ? "Newest \(state)instances" : "Older \(state)instances"
  }

  private var list: HTML {
    if !instances.isEmpty { return InstanceTable(instances: instances, now: frame.now, caption: heading).html }
    if filter != nil || !deployment.isEmpty || !token.isEmpty {
      return Parts.nothing("No instance is like this.", "<p><a href=\"/instances\">Show all instances</a></p>")
    }
    return Parts.nothing("Nothing has run yet.", "<p>Start an instance:</p><p><code>flowctl run calc 42 --wait</code></p>")
  }

  private var pager: HTML {
    guard !token.isEmpty || !nextToken.isEmpty else { return .empty }
    let base: KeyValuePairs = ["state": filter?.word ?? "", "deployment": deployment]
    let newest: HTML = token.isEmpty ? .empty : "<a href=\"\(Links.query("/instances", base))\">Newest</a>"
    let next = Links.query("/instances", ["state": filter?.word ?? "", "deployment": deployment, "page": nextToken])
    let older: HTML = nextToken.isEmpty ? .empty : "<a rel=next href=\"\(next)\">Older</a>"
    return "<nav class=pager aria-label=\"Pages of the list\">\(newest)\(older)</nav>"
  }
}
