/// Answers a request, now or later and from any thread, through `reply`; must not block. What it throws becomes a problem
/// answer: an `HTTPProblem` as it is, anything else 500.
package typealias HTTPHandler = @Sendable (_ request: HTTPRequest, _ reply: HTTPReply) throws -> Void

/// Finds the handler of a method and path. `{name}` in a pattern takes one segment, `{name*}` at its end all that are left.
///
/// A literal segment beats a parameter. HEAD is answered by the GET handler, OPTIONS with what is allowed, an unknown path
/// with 404 and an unknown method with 405.
package struct Router: Sendable {
  private var root = Node()

  package init() {}

  package mutating func on(_ method: String, _ pattern: String, _ handler: @escaping HTTPHandler) {
    var names: [String] = []
    let segments = pattern.split(separator: "/").map(String.init)
    root.insert(segments[...], names: &names, method: method, handler: handler)
  }

  /// The router as the handler of a server.
  package var handler: HTTPHandler {
    let root = root
    return { request, reply in try root.dispatch(request, reply) }
  }
}

private struct Route: Sendable {
  let names: [String]
  let handler: HTTPHandler
}

private final class Tail: Sendable {
  let node: Node
  init(_ node: Node) { self.node = node }
}

/// One level of the tree of patterns.
private struct Node: Sendable {
  private var literals: [String: Tail] = [:]
  private var parameter: Tail?
  private var rest: [String: Route] = [:]
  private var routes: [String: Route] = [:]

  mutating func insert(_ segments: ArraySlice<String>, names: inout [String], method: String, handler: @escaping HTTPHandler) {
    guard let first = segments.first else {
      routes[method] = Route(names: names, handler: handler)
      return
    }
    guard first.hasPrefix("{"), first.hasSuffix("}") else {
      var child = literals[first]?.node ?? Node()
      child.insert(segments.dropFirst(), names: &names, method: method, handler: handler)
      literals[first] = Tail(child)
      return
    }
    let name = String(first.dropFirst().dropLast())
    if name.hasSuffix("*") {
      rest[method] = Route(names: names + [String(name.dropLast())], handler: handler)
      return
    }
    names.append(name)
    var child = parameter?.node ?? Node()
    child.insert(segments.dropFirst(), names: &names, method: method, handler: handler)
    parameter = Tail(child)
  }

  func dispatch(_ request: HTTPRequest, _ reply: HTTPReply) throws {
    var values: [String] = []
    guard let found = find(request.path[...], &values) else {
      throw HTTPProblem(404, "there is nothing at \(request.path.isEmpty ? "/" : "/" + request.path.joined(separator: "/"))")
    }
    let allowed = Node.allowed(found)
    if let route = found[request.method] ?? (request.method == "HEAD" ? found["GET"] : nil) {
      var request = request
      for (name, value) in zip(route.names, values) { request.parameters[name] = value }
      try route.handler(request, reply)
    } else if request.method == "OPTIONS" {
      reply.send(HTTPResponse(204, headers: ["Allow": allowed]))
    } else {
      throw HTTPProblem(405, "\(request.method) is not one of \(allowed)", headers: ["Allow": allowed])
    }
  }

  private static func allowed(_ routes: [String: Route]) -> String {
    let head = routes["GET"] == nil ? [] : ["HEAD"]
    return Set(routes.keys).union(head).union(["OPTIONS"]).sorted().joined(separator: ", ")
  }

  /// The routes of the best pattern; its depth, and so this recursion, is that of the patterns.
  private func find(_ path: ArraySlice<String>, _ values: inout [String]) -> [String: Route]? {
    guard let first = path.first else {
      if !routes.isEmpty { return routes }
      if rest.isEmpty { return nil }
      values.append("")
      return rest
    }
    if let found = literals[first]?.node.find(path.dropFirst(), &values) { return found }
    let count = values.count
    if let parameter {
      values.append(first)
      if let found = parameter.node.find(path.dropFirst(), &values) { return found }
      values.removeLast(values.count - count)
    }
    guard !rest.isEmpty else { return nil }
    values.append(path.joined(separator: "/"))
    return rest
  }
}
