/// "Did you mean": the known words nearest to a mistyped one.
package enum Suggestion {
  /// Longer words are not compared: the distance costs the product of both lengths.
  private static let wordBytes = 128

  /// - Returns: the nearest word at most two edits away (one for short words), the first of equals; nil when none is near.
  package static func nearest(to word: String, among known: [String]) -> String? {
    guard !word.isEmpty, word.utf8.count <= wordBytes else { return nil }
    let rated = known.filter { $0.utf8.count <= wordBytes }.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
    guard let best = rated.min(by: { $0.distance < $1.distance }), best.distance <= 2 else { return nil }
    // Two edits make another word of a short one.
    guard best.distance < 2 || word.count > 5 || word.count > 3 && word.first == best.word.first else { return nil }
    return best.word
  }

  /// `did you mean 'apply'?`, or nil.
  package static func hint(for word: String, among known: [String], prefix: String = "") -> String? {
    nearest(to: word, among: known).map { "did you mean '\(prefix)\($0)'?" }
  }

  /// Edits (insert, delete, replace, swap of neighbours) that make `left` into `right`.
  static func distance(_ left: String, _ right: String) -> Int {
    let a = Array(left), b = Array(right)
    var beforeLast = [Int](), last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
