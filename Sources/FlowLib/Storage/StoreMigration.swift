/// How a store says that a migration into it did not come to its end.
package enum StoreMigration {
  /// In the key-value part while the store is not whole.
  package static let markerKey = "migration/unfinished"

  package static func unfinished(_ place: String) -> StoreError {
    .corrupt("the migration into \(place) was interrupted, so that a part of it is missing; make the same migration again")
  }
}
