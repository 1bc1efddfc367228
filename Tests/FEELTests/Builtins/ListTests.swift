import Testing

@Suite("List functions")
struct ListTests {
  private static let plain = rows(
    ##"""
    list contains([1, 2, 3], 2)  =>  true
    list contains([1, null], null)  =>  true
    list contains([1, "2"], 2)  =>  false
    list contains(list: [1], element: 1)  =>  true
    list contains(null, 1)  =>  null
    list contains(1, 1)  =>  true
    count([])  =>  0
    count([1, null])  =>  2
    count(null)  =>  null
    count()  =>  null
    count(1)  =>  1
    sublist([4, 5, 6], 1, 2)  =>  [4,5]
    sublist([1, 2, 3], -2)  =>  [2,3]
    sublist([1, 2, 3], 2, 0)  =>  null
    sublist([1, 2, 3], 2, 3)  =>  null
    sublist([1, 2, 3], 0)  =>  null
    sublist([1, 2, 3], 4)  =>  null
    sublist(list: [1, 2, 3], start position: 2, length: 1)  =>  [2]
    append([1], 2, 3)  =>  [1,2,3]
    append([1], [2])  =>  [1,[2]]
    append([], null)  =>  [null]
    append(1, 2)  =>  [1,2]
    concatenate([1, 2], [3])  =>  [1,2,3]
    concatenate([1], [[2]], [])  =>  [1,[2]]
    insert before([1, 3], 1, 2)  =>  [2,1,3]
    insert before([1, 3], -1, 2)  =>  [1,2,3]
    insert before([1, 3], 0, 2)  =>  null
    insert before(list: [1], position: 1, newItem: 2)  =>  [2,1]
    remove([1, 2, 3], 2)  =>  [1,3]
    remove([1, 2, 3], -1)  =>  [1,2]
    remove([1, 2, 3], 4)  =>  null
    reverse([1, 2, 3])  =>  [3,2,1]
    index of([1, 2, 3, 2], 2)  =>  [2,4]
    index of([1, null], null)  =>  [2]
    index of([1], 2)  =>  []
    index of(list: [1], match: 1)  =>  [1]
    union([1, 2], [2, 3])  =>  [1,2,3]
    distinct values([1, 2, 3, 2, 1])  =>  [1,2,3]
    distinct values([null, 1, null, 1.0, "1"])  =>  [null,1,"1"]
    distinct values([[1], [1], {a: 1}, {a: 1.0}])  =>  [[1],{"a":1}]
    distinct values([@"PT24H", @"P1D"])  =>  ["P1D"]
    duplicate values([1, 2, 3, 2, 1])  =>  [2,1]
    duplicate values([1, 1, 1])  =>  [1]
    duplicate values([])  =>  []
    flatten([[1, 2], [[3]], 4])  =>  [1,2,3,4]
    list replace([2, 4, 7, 8], 3, 6)  =>  [2,4,6,8]
    list replace([2, 4, 7, 8], -1, 6)  =>  [2,4,7,6]
    list replace([2, 4, 7, 8], 5, 6)  =>  null
    list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5)  =>  [5,5,7,8]
    list replace([2], function(item, newItem) null, 5)  =>  null
    list replace([2], function(item) true, 5)  =>  null
    list replace(list: [1, 2], position: 1, newItem: 5)  =>  [5,2]
    list replace(list: [1, 2], match: function(a, b) a = 2, newItem: 5)  =>  [1,5]
    list replace(null, 1, 5)  =>  null
    sort([3, 1, 2], function(x, y) x < y)  =>  [1,2,3]
    sort([3, 1, 2])  =>  [1,2,3]
    sort(["b", "a"])  =>  ["a","b"]
    sort(list: [3, 1], precedes: function(a, b) a > b)  =>  [3,1]
    sort([1, "a"])  =>  null
    sort([1, 2], 3)  =>  null
    partition([1, 2, 3, 4, 5], 2)  =>  [[1,2],[3,4],[5]]
    partition([], 2)  =>  []
    partition([1], 0)  =>  null
    is empty([])  =>  true
    is empty([null])  =>  false
    """##)

  private static let aggregates = rows(
    ##"""
    min([1, 2, 3])  =>  1
    min(3, 1, 2)  =>  1
    min(["b", "a"])  =>  "a"
    min([@"P2D", @"PT1H"])  =>  "PT1H"
    min([])  =>  null
    min(null)  =>  null
    min([1, null])  =>  null
    min([null])  =>  null
    min([1, "a"])  =>  null
    max(list: [1, 2, 3])  =>  3
    max(@"2020-01-01", @"2021-01-01")  =>  "2021-01-01"
    max()  =>  null
    sum([1, 2, 3.5])  =>  6.5
    sum(1, 2)  =>  3
    sum(1)  =>  1
    sum([])  =>  null
    sum([1, null])  =>  null
    sum([@"P1D", @"PT12H"])  =>  "P1DT12H"
    sum()  =>  null
    mean([1, 2, 3])  =>  2
    mean(1, 2)  =>  1.5
    mean([])  =>  null
    product([2, 3, 4])  =>  24
    product(2, 3)  =>  6
    product([])  =>  null
    product([1, "a"])  =>  null
    median(8, 2, 5, 3, 4)  =>  4
    median([6, 1, 2, 3])  =>  2.5
    median([])  =>  null
    decimal(stddev(2, 4, 7, 5), 12)  =>  2.081665999466
    stddev([47])  =>  null
    stddev(47)  =>  null
    stddev([])  =>  null
    stddev(list: [1, 1])  =>  0
    mode(6, 3, 9, 6, 6)  =>  [6]
    mode([6, 1, 9, 6, 1])  =>  [1,6]
    mode([])  =>  []
    mode([1, null])  =>  null
    mode(null)  =>  null
    mode()  =>  null
    all([true, true])  =>  true
    all([])  =>  true
    all([true, null])  =>  null
    all([false, null, true])  =>  false
    all(true, false)  =>  false
    all(0)  =>  null
    all()  =>  null
    all(list: [true])  =>  true
    and([true, false])  =>  false
    any([false, true])  =>  true
    any([])  =>  false
    any([false, null])  =>  null
    any(null)  =>  null
    or([false])  =>  false
    """##)

  private static let filters = rows(
    ##"""
    [1, 2, 3][1]  =>  1
    [1, 2, 3][-1]  =>  3
    [1, 2, 3][0]  =>  null
    [1, 2, 3][4]  =>  null
    [1, 2, 3][1.5]  =>  null
    [][1]  =>  null
    [][1 + 0]  =>  null
    [][item > 1]  =>  []
    [][a = 1]  =>  []
    [1, 2, 3][item >= 2]  =>  [2,3]
    [1, 2, 3][true]  =>  [1,2,3]
    [1, 2, 3][false]  =>  []
    [1, 2, 3][null]  =>  []
    [1, 2, 3][count([1, 2])]  =>  2
    [1, 2, 3][odd(item)]  =>  [1,3]
    [1, "a", null][item = "a"]  =>  ["a"]
    {a: 1}[1]  =>  {"a":1}
    5[1]  =>  5
    5[item > 5]  =>  []
    null[1]  =>  null
    [{a: 1, b: 2}, {a: 3, b: 4}][a = 3]  =>  [{"a":3,"b":4}]
    [{a: 1, b: 2}, {a: 3}][b = 2].a  =>  [1]
    [{item: 5}, {item: 6}][item > 5].item  =>  [6]
    [{a: {b: 1}}, {a: {b: 2}}].a.b  =>  [1,2]
    [{a: 1}, {b: 2}].a  =>  [1,null]
    [[1], [2, 3]][1]  =>  [1]
    [[1], [2, 3]][count(item) = 2]  =>  [[2,3]]
    {x: 2, r: [1, 2, 3][item = x]}.r  =>  [2]
    """##)

  @Test("lists as chapter 10.3.4.4 has them", arguments: plain + aggregates + filters)
  func lists(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }
}
