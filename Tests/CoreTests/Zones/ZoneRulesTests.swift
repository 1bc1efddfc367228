import FlowCore
import Foundation
import Testing

private let folder = "/usr/share/zoneinfo"

private func rules(_ name: String) -> ZoneRules? {
  FileManager.default.contents(atPath: "\(folder)/\(name)").flatMap { ZoneRules(parsing: Array($0)) }
}

/// Seconds since 1970 of a clock that shows `2026-03-29T02:30:00`.
private func seconds(_ text: String) throws -> Int64 {
  let parts = text.split { !$0.isNumber }.compactMap { Int64($0) }
  try #require(parts.count == 6)
  let days = Instant.days(fromYear: parts[0], month: parts[1], day: parts[2])
  return days * 86_400 + parts[3] * 3600 + parts[4] * 60 + parts[5]
}

@Suite("Zone rules", .enabled(if: FileManager.default.fileExists(atPath: folder)))
struct ZoneRulesTests {
  @Test(
    "a zone has the offset of its law at every instant",
    arguments: [
      ("Europe/Berlin", "2026-01-01T00:00:00", 3600), ("Europe/Berlin", "2026-07-01T00:00:00", 7200),
      ("Europe/Berlin", "2026-03-29T00:59:59", 3600), ("Europe/Berlin", "2026-03-29T01:00:00", 7200),
      ("Europe/Berlin", "2026-10-25T00:59:59", 7200), ("Europe/Berlin", "2026-10-25T01:00:00", 3600),
      ("Europe/Berlin", "2199-07-01T00:00:00", 7200), ("Europe/Berlin", "1700-01-01T00:00:00", 3208),
      ("America/New_York", "2026-03-08T06:59:59", -18_000), ("America/New_York", "2026-03-08T07:00:00", -14_400),
      ("America/New_York", "2500-12-24T00:00:00", -18_000), ("Australia/Melbourne", "2026-01-01T00:00:00", 39_600),
      ("Australia/Melbourne", "2080-01-01T00:00:00", 39_600), ("Australia/Melbourne", "2080-07-01T00:00:00", 36_000),
      ("Australia/Lord_Howe", "2090-01-01T00:00:00", 39_600), ("Australia/Lord_Howe", "2090-07-01T00:00:00", 37_800),
      ("Europe/Dublin", "2090-01-01T00:00:00", 0), ("Europe/Dublin", "2090-07-01T00:00:00", 3600),
      ("Asia/Kolkata", "2026-01-01T00:00:00", 19_800), ("Asia/Kathmandu", "2026-01-01T00:00:00", 20_700),
      ("UTC", "2026-01-01T00:00:00", 0), ("Etc/GMT+5", "2026-01-01T00:00:00", -18_000), ("Asia/Dhaka", "2300-01-01T00:00:00", 21_600),
    ])
  func instants(name: String, utc: String, offset: Int64) throws {
    #expect(try #require(rules(name)).offset(at: try seconds(utc)) == offset)
  }

  @Test(
    "what a clock shows twice, or never, has the earlier offset",
    arguments: [
      ("2026-03-29T01:59:59", 3600), ("2026-03-29T02:30:00", 3600), ("2026-03-29T03:00:00", 7200), ("2026-10-25T01:59:59", 7200),
      ("2026-10-25T02:30:00", 7200), ("2026-10-25T03:00:00", 3600), ("2026-12-31T23:59:59", 3600),
    ])
  func clocks(local: String, offset: Int64) throws {
    #expect(try #require(rules("Europe/Berlin")).offset(atLocal: try seconds(local)) == offset)
  }

  @Test("every zone of the system can be read")
  func allZones() throws {
    let list = try String(contentsOfFile: "\(folder)/tzdata.zi", encoding: .utf8)
    let names = list.split(separator: "\n").compactMap { line -> Substring? in
      let words = line.split(separator: " ")
      return line.hasPrefix("Z ") ? words[1] : line.hasPrefix("L ") ? words[2] : nil
    }
    let unread = names.filter { rules(String($0)) == nil }

    #expect(names.count > 400)
    #expect(unread == [])
  }

  @Test("rules agree with themselves: the offset of an instant is that of its clock, but where clocks are put back")
  func roundTrip() throws {
    let zone = try #require(rules("America/St_Johns"))
    for step in 0..<20_000 {
      let instant = Int64(step) * 9_973_000 - 90_000_000_000
      let offset = zone.offset(at: instant)
      let back = zone.offset(atLocal: instant + offset)
      #expect(back == offset || zone.offset(at: instant + offset - back) == back)
    }
  }

  @Test("bytes that are no zone file are refused and never trap")
  func hostile() throws {
    let whole = Array(try #require(FileManager.default.contents(atPath: "\(folder)/Europe/Berlin")))
    for count in 0..<whole.count { #expect(ZoneRules(parsing: Array(whole.prefix(count))) == nil) }
    for at in 0..<min(whole.count, 1200) {
      var changed = whole
      changed[at] ^= 0xFF
      _ = ZoneRules(parsing: changed)?.offset(atLocal: .max)
      _ = ZoneRules(parsing: changed)?.offset(at: .min)
    }
    #expect(ZoneRules(parsing: []) == nil)
  }
}

@Suite("Zone offsets")
struct ZoneOffsetsTests {
  @Test("UTC is known without any file, other zones are not")
  func utc() {
    #expect(ZoneOffsets.utcOnly.knows("UTC"))
    #expect(ZoneOffsets.utcOnly.offset(of: "Etc/UTC", localSeconds: 5) == 0)
    #expect(!ZoneOffsets.utcOnly.knows("Europe/Berlin"))
    #expect(ZoneOffsets.utcOnly.offset(of: "Europe/Berlin", instantSeconds: 5) == nil)
  }

  @Test("an offset of an instant is found from a table of clocks")
  func fromClocks() {
    let table = ZoneOffsets { name, local in name == "X" ? (local >= 1_000_000 ? 7200 : 3600) : nil }

    #expect(table.offset(of: "X", instantSeconds: 0) == 3600)
    #expect(table.offset(of: "X", instantSeconds: 999_000) == 7200)
    #expect(table.offset(of: "Y", instantSeconds: 0) == nil)
  }
}
