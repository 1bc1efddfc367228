import Testing

@Suite("Range functions")
struct RangeFunctionTests {
  private static let table = rows(
    ##"""
    before(1, 10)  =>  true
    before(10, 1)  =>  false
    before(1, 1)  =>  false
    before(1, [1..10])  =>  false
    before(1, (1..10])  =>  true
    before([1..10], 10)  =>  false
    before([1..10), 10)  =>  true
    before([1..10), [10..20])  =>  true
    before([1..10], [10..20])  =>  false
    before([1..10], (10..20])  =>  true
    before(point1: @"2020-01-01", point2: @"2020-01-02")  =>  true
    before("a", 1)  =>  null
    before(null, 1)  =>  null
    before(1)  =>  null
    after(10, 5)  =>  true
    after(12, [1..10])  =>  true
    after(10, [1..10))  =>  true
    after([11..20], [1..11))  =>  true
    after([11..20], [1..11])  =>  false
    after((11..20], [1..11])  =>  true
    meets([1..5], [5..10])  =>  true
    meets([1..5), [5..10])  =>  false
    meets([1..5], (5..10])  =>  false
    meets([1..5], [6..10])  =>  false
    meets(range1: [1..5], range2: [5..10])  =>  true
    met by([5..10], [1..5])  =>  true
    met by([5..10], [1..5))  =>  false
    met by((5..10], [1..5])  =>  false
    overlaps([1..5], [3..8])  =>  true
    overlaps([1..8], [3..5])  =>  true
    overlaps([1..5], [6..8])  =>  false
    overlaps([1..5], [5..8])  =>  true
    overlaps([1..5], (5..8])  =>  false
    overlaps([1..5), [5..8])  =>  false
    overlaps before([1..5], [3..8])  =>  true
    overlaps before([1..5], [6..8])  =>  false
    overlaps before([1..5], [5..8])  =>  true
    overlaps before([1..5], (5..8])  =>  false
    overlaps before([1..5], (1..5])  =>  true
    overlaps before([1..5), [1..5])  =>  false
    overlaps after([3..8], [1..5])  =>  true
    overlaps after([5..8], [1..5))  =>  false
    overlaps after((1..5], [1..5))  =>  true
    overlaps after([1..5], [1..5))  =>  false
    finishes(10, [1..10])  =>  true
    finishes(10, [1..10))  =>  false
    finishes([5..10], [1..10])  =>  true
    finishes([5..10), [1..10])  =>  false
    finishes([1..10], [1..10])  =>  true
    finishes((1..10], [1..10])  =>  true
    finished by([1..10], 10)  =>  true
    finished by([1..10], [5..10])  =>  true
    finished by([1..10], (1..10])  =>  true
    finished by([1..10), 10)  =>  false
    includes([1..10], 5)  =>  true
    includes([1..10), 10)  =>  false
    includes([1..10], [4..6])  =>  true
    includes((1..10], [1..5])  =>  false
    includes([1..10], (1..10))  =>  true
    includes(range: [1..10], point: 1)  =>  true
    during(5, [1..10])  =>  true
    during(1, (1..10])  =>  false
    during([4..6], [1..10])  =>  true
    during((1..10), (1..10))  =>  true
    starts(1, [1..10])  =>  true
    starts(1, (1..10])  =>  false
    starts([1..5], [1..10])  =>  true
    starts((1..5], [1..10])  =>  false
    starts([1..10), [1..10])  =>  true
    started by([1..10], 1)  =>  true
    started by([1..10], [1..5])  =>  true
    started by((1..10], (1..5])  =>  true
    coincides(5, 5)  =>  true
    coincides(3, 4)  =>  false
    coincides([1..5], [1..5])  =>  true
    coincides((1..5), [1..5])  =>  false
    includes("a", 1)  =>  null
    starts([1..5], 1)  =>  null
    [1..5].start  =>  1
    [1..5).end  =>  5
    [1..5).end included  =>  false
    (1..5).start included  =>  false
    (> 5).start  =>  5
    (>= 5).start included  =>  true
    (< 5).start  =>  null
    (= 5) = [5..5]  =>  true
    [1..5] = [1..5)  =>  false
    5 in (> 4)  =>  true
    {r: > 4}.r.start  =>  4
    5 in [< 3, > 4]  =>  true
    5 in (odd(?))  =>  true
    5 in (? < 5, ? > 7)  =>  false
    some x in [1, 5] satisfies x in (? > 4)  =>  true
    (<= 10).end included  =>  true
    5 in [1..5)  =>  false
    5 in ]4..6[  =>  true
    "b" in ["a".."c"]  =>  true
    5 in ([1..2], [4..6])  =>  true
    5 in [[1..2], [4..6]]  =>  true
    1 in null  =>  false
    """##)

  @Test("ranges as chapters 10.3.2.7 and 10.3.4.9 have them", arguments: table)
  func ranges(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }
}
