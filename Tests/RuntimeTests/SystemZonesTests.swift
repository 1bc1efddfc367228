import FlowCore
import FlowRuntime
import Foundation
import Testing

@Suite("System zones")
struct SystemZonesTests {
  @Test(
    "the machine's zones are known by their names",
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Berlin")))
  func known() {
    let zones = World.real.zones

    #expect(zones.offset(of: "Europe/Berlin", instantSeconds: 1_784_108_445) == 7_200)
    #expect(zones.offset(of: "America/Argentina/Buenos_Aires", instantSeconds: 0) == -10_800)
    #expect(zones.offset(of: "Etc/GMT+5", localSeconds: 0) == -18_000)
    #expect(zones.knows("UTC"))
  }

  @Test(
    "a name is never a path to something else",
    arguments: [
      "", "/etc/localtime", "../zoneinfo/Europe/Berlin", "Europe/../Europe/Berlin", "Europe", "zone.tab", "tzdata.zi",
      "posix/Europe/Berlin",
      "posixrules", "right/Europe/Berlin", "localtime", "No/Where", "Europe/Berlin\0", String(repeating: "A", count: 65),
    ])
  func refused(name: String) {
    #expect(!SystemZones.offsets.knows(name))
  }

  @Test("without files UTC is known, and nothing else")
  func withoutFiles() {
    let zones = SystemZones.table(folder: "/nowhere")

    #expect(zones.offset(of: "Etc/UTC", localSeconds: 5) == 0)
    #expect(!zones.knows("Europe/Berlin"))
  }

  @Test("a test's world knows UTC alone, so that it is the same on every machine")
  func simulated() {
    let world = World(now: { Instant(milliseconds: 0) }, entropy: { 1 })

    #expect(!world.zones.knows("Europe/Berlin"))
  }
}
