/// What has to happen sometimes: a fault, a command or an element that never comes is one that is not tested.
package enum SimulationRows {
  package static func missing(in sightings: Sightings) -> [String] { all.filter { sightings.counts[$0] == nil } }

  private static let all: [String] = Fault.allCases.map { "fault \($0.rawValue)" }
}
