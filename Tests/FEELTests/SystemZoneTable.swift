import FlowCore
import Foundation

/// The zones of this machine, for tests alone: programs read them by the runtime's table.
let systemZones = ZoneOffsets(rules: { name in
  FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)").flatMap { ZoneRules(parsing: Array($0)) }
})
