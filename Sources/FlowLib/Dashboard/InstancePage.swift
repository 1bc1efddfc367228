import FlowCore
import FlowRPC

/// One instance: how it stands, what came out, what it waits for, and what happened.
package struct InstancePage: Sendable {
  package var frame: PageFrame
  package var instance: FlowV1.Instance
  package var history: [FlowV1.HistoryEntry]

  package init(frame: PageFrame, instance: FlowV1.Instance, history: [FlowV1.HistoryEntry]) {
    self.frame = frame
    self.instance = instance
    self.history = history
  }

  /// The last so many entries fit the page's budget.
  static let historyMax = 100
  static let activeMax = 50

  package func render() -> String {
    frame.page(
      title: instance.id, section: .none,
      """
      <nav class=crumbs aria-label=Breadcrumb><a href="/">Home</a> / <a class=mono href="\(Links.deployment(instance.deploymentID))">\(instance.deploymentID)</a></nav>
      <div id=state data-live><div class=lead><h1 class=mono>\(instance.id)</h1>\(instance.state.badge.html)</div>
      <p class=soft>\(times)</p></div>
      <div class=split><div>
      \(outcome)
      \(active)
      <section id=history data-live class=card><h2>History</h2>\(timeline)</section>
      </div><div>
      <section id=facts data-live class=card><h2>About</h2>\(facts)</section>
      \(Parts.metadata(instance.metadata, title: "Metadata", id: "metadata"))
      <section id=commands data-live class=card><h2>On the command line</h2>\(commands)</section>
      </div></div>
      """)
  }

  private var times: HTML {
    let started: HTML = instance.createdMs > 0 ? "started \(TimeWords.ago(instance.createdMs, now: frame.now))" : .empty
    guard instance.endedMs > 0 else { return started }
    return "\(started), took <span class=num>\(TimeWords.duration(instance.endedMs &- instance.createdMs))</span>"
  }

  // MARK: outcome

  private var outcome: HTML {
    switch instance.state {
    case .completed:
      return "<section id=outcome data-live class=card><h2>Result \(type)</h2>\(Payload.html(instance.result))</section>"
    case .error, .stopped, .canceled: return "<section id=outcome data-live class=card>\(failure)</section>"
    case .running, .stateUnspecified, .unrecognized: return "<div id=outcome data-live></div>"
    }
  }

  private var type: HTML { instance.contentType.isEmpty ? .empty : "<small>\(instance.contentType.shortened(to: 80))</small>" }

  private var failure: HTML {
    let place: HTML = instance.failedElementID.isEmpty ? .empty : " at <b>\(instance.failedElementID.shortened(to: 120))</b>"
    let tone: HTML = instance.state == .error ? "bad" : "warn"
    let code = instance.errorCode.isEmpty ? instance.state.badge.word : instance.errorCode.shortened(to: 120)
    let payload: HTML = instance.result.isEmpty ? .empty : "<h2>Error data \(type)</h2>\(Payload.html(instance.result))"
    return """
      <h2>What went wrong</h2><div class="note \(tone)">\(Badge.icon("error"))<div><b>\(code)</b>\(place)<p>\(instance.errorMessage.shortened(to: 2000))</p></div></div>
      \(payload)
      """
  }

  // MARK: where it is

  private var active: HTML {
    guard !instance.active.isEmpty else { return "<div id=active data-live></div>" }
    let rows = instance.active.prefix(InstancePage.activeMax).enumerated().map { index, element -> Table.Row in
      let name = element.elementName.isEmpty ? element.elementID : element.elementName
      let small: HTML = element.elementName.isEmpty ? .empty : "<small class=mono>\(element.elementID.shortened(to: 120))</small>"
      return Table.Row(
        key: "\(element.elementID) \(index)", state: element.waitsFor,
        cells: [
          "<bdi>\(name.shortened(to: 120))</bdi>\(small)", "\(element.type.shortened(to: 60))", "\(element.waitsFor.shortened(to: 160))",
          TimeWords.ago(element.sinceMs, now: frame.now),
        ])
    }
    let table = Table(
      caption: "Elements that hold a token",
      columns: [.init(title: "Element"), .init(title: "Type"), .init(title: "Waits for"), .init(title: "Since", isNumber: true)], rows: rows
    )
    let rest = instance.active.count - rows.count
    let more: HTML = rest > 0 ? "<p class=soft>\(rest) more are not shown.</p>" : .empty
    return "<section id=active data-live class=card><h2>Now at</h2>\(table.html)\(more)</section>"
  }

  // MARK: history

  private var timeline: HTML {
    guard !history.isEmpty else { return "<p class=soft>Nothing is recorded.</p>" }
    let first = instance.createdMs > 0 ? instance.createdMs : history[0].timeMs
    let shown = history.suffix(InstancePage.historyMax)
    let items = shown.map { entry -> HTML in
      let instant = Instant(milliseconds: entry.timeMs)
      let element: HTML = entry.elementID.isEmpty ? .empty : " <b><bdi>\(entry.elementID.shortened(to: 80))</bdi></b>"
      let detail: HTML = entry.detail.isEmpty ? .empty : "<p class=what>\(entry.detail.shortened(to: 160))</p>"
      return """
        <li><time class=at datetime="\(instant.rfc3339)" title="\(TimeWords.exact(instant))">+\(TimeWords.duration(entry.timeMs &- first))</time><div><p>\(entry.event.shortened(to: 60))\(element)</p>\(detail)</div></li>

        """
    }
    let earlier = history.count - shown.count
    let note: HTML = earlier > 0 ? "<p class=soft>\(earlier) earlier entries are not shown.</p>" : .empty
    return "\(note)<ol class=log>\(items)</ol>"
  }

  // MARK: aside

  private var facts: HTML {
    Parts.facts([
      ("Deployment", "<a class=mono href=\"\(Links.deployment(instance.deploymentID))\">\(instance.deploymentID)</a>"),
      ("Started", exact(instance.createdMs)), ("Ended", exact(instance.endedMs)),
      ("End event", Parts.code(instance.endEvent.shortened(to: 120))),
      ("Failed at", Parts.code(instance.failedElementID.shortened(to: 120))),
    ])
  }

  private func exact(_ milliseconds: Int64) -> HTML {
    milliseconds > 0 ? "<span class=num>\(TimeWords.exact(Instant(milliseconds: milliseconds)))</span>" : .empty
  }

  private var commands: HTML {
    let id = instance.id
    var lines = [(command: "flowctl ps -i \(id) -o", purpose: "the record as JSON")]
    switch instance.state {
    case .running: lines.append(("flowctl stop -i \(id)", "cancel it"))
    case .stopped: lines += [("flowctl start -i \(id)", "try the failed task again"), ("flowctl stop -i \(id)", "give it up")]
    case .completed, .error, .canceled: lines.append(("flowctl delete -i \(id)", "forget it"))
    case .stateUnspecified, .unrecognized: break
    }
    return Parts.commands(lines)
  }
}
