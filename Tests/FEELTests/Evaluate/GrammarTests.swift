import FlowCore
import FlowFEEL
import Testing

@Suite("Grammar")
struct GrammarTests {
  private static let logic = rows(
    ##"""
    true and true  =>  true
    true and false  =>  false
    true and null  =>  null
    false and null  =>  false
    true and 1  =>  null
    false and "a"  =>  false
    false or null  =>  null
    true or null  =>  true
    false or 1  =>  null
    true or false and false  =>  true
    1 = null  =>  false
    null = null  =>  true
    null != 1  =>  true
    1 = "1"  =>  null
    1 != "1"  =>  null
    1 < null  =>  null
    [] = []  =>  true
    [1, 2] = [2, 1]  =>  false
    [1] = 1  =>  true
    2 between 1 and 3  =>  true
    2 between 3 and 1  =>  false
    2 between 1 and null  =>  null
    2 between 3 and null  =>  false
    null between 1 and 2  =>  null
    "b" between "a" and "c"  =>  true
    if true then 1 else 2  =>  1
    if null then 1 else 2  =>  2
    if "a" then 1 else 2  =>  2
    if false then 1 else if true then 2 else 3  =>  2
    """##)

  private static let loops = rows(
    ##"""
    for x in [1, 2] return x + 1  =>  [2,3]
    for x in 1..3, y in x..3 return x * y  =>  [1,2,3,4,6,9]
    for x in 3..1 return x  =>  [3,2,1]
    for x in [1..3] return x  =>  [1,2,3]
    for x in (1..3) return x  =>  [2]
    for x in [] return x  =>  []
    for x in null return x  =>  null
    for x in 5 return x  =>  [5]
    for x in 1..null return x  =>  null
    for x in "a".."b" return x  =>  null
    for d in @"2020-01-01"..@"2020-01-03" return d.day  =>  [1,2,3]
    for i in 0..4 return if i = 0 then 1 else i * partial[-1]  =>  [1,1,2,6,24]
    for i in 1..3 return count(partial)  =>  [0,1,2]
    for i in 1..3 return partial  =>  [[],[[]],[[],[[]]]]
    for my item in [1] return my item  =>  [1]
    for x in [[1, 2], [3]], y in x return y  =>  [1,2,3]
    for x in [1, 2] return for y in [x] return y  =>  [[1],[2]]
    some x in [1, 2] satisfies x > 1  =>  true
    some x in [] satisfies true  =>  false
    every x in [] satisfies false  =>  true
    every x in [1, 2], y in [3] satisfies x < y  =>  true
    some x in [1, null] satisfies x > 1  =>  null
    some x in 1..3 satisfies x = 3  =>  true
    every x in null satisfies true  =>  null
    """##)

  private static let types = rows(
    ##"""
    1 instance of number  =>  true
    1 instance of string  =>  false
    null instance of Any  =>  false
    null instance of Null  =>  true
    null instance of number  =>  false
    "a" instance of Any  =>  true
    @"2020-01-01" instance of date  =>  true
    @"2020-01-01T00:00:00" instance of date and time  =>  true
    @"P1D" instance of days and time duration  =>  true
    @"P1D" instance of day-time-duration  =>  true
    @"P1Y" instance of years and months duration  =>  true
    @"P1Y" instance of year-month-duration  =>  true
    [1, 2] instance of list<number>  =>  true
    [1, "a"] instance of list<number>  =>  false
    [1, "a"] instance of list<Any>  =>  true
    [[1]] instance of list<list<number>>  =>  true
    [] instance of list<string>  =>  true
    {a: 1} instance of context<a: number>  =>  true
    {a: 1, b: 2} instance of context<a: number>  =>  true
    {a: "x"} instance of context<a: number>  =>  false
    {b: 1} instance of context<a: number>  =>  false
    {a: 1} instance of context  =>  true
    [1..2] instance of range<number>  =>  true
    [1..2] instance of range<string>  =>  false
    (function(a) a) instance of function  =>  true
    abs instance of function  =>  true
    abs instance of function<number>->number  =>  true
    abs instance of function<number, number>->number  =>  false
    (function(a: number) a) instance of function<number>->Any  =>  true
    (function(a: number) a) instance of function<string>->Any  =>  false
    (function(a) a) instance of function<>->Any  =>  false
    1 instance of nonsense  =>  null
    [1] instance of list<nonsense>  =>  null
    -1 instance of number  =>  true
    """##)

  private static let functions = rows(
    ##"""
    (function(x, y) x - y)(3, 1)  =>  2
    (function(x, y) x - y)(y: 1, x: 3)  =>  2
    (function(x) x)()  =>  null
    (function(x) x)(1, 2)  =>  null
    (function(x) x)(z: 1)  =>  null
    (function(x, y) [x, y])(y: 1)  =>  [null,1]
    (function(x: number) x + 1)("a")  =>  null
    (function(x: number) x + 1)([1])  =>  2
    (function(x: list<number>) count(x))(1)  =>  1
    (function(x: date and time) x)(@"2020-01-01")  =>  "2020-01-01T00:00:00Z"
    (function(x: number) x)(null)  =>  null
    {f: function(n) if n < 2 then 1 else n, r: f(5)}.r  =>  5
    (function() 1)()  =>  1
    nope(1)  =>  null
    abs = abs  =>  true
    abs = floor  =>  false
    (function(x) x) = (function(x) x)  =>  null
    1(2)  =>  null
    abs(1, 2)  =>  null
    abs(m: 1)  =>  null
    max(list: [1], list: [2])  =>  null
    {k: 2, f: function(x) x * k, r: f(4)}.r  =>  8
    """##)

  @Test("expressions mean what chapter 10.3 says", arguments: logic + loops + types + functions)
  func expressions(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }

  @Test(
    "names of variables may hold signs, keywords and digits when they are known",
    arguments: [
      ("a+b", "5"), ("a+b * 2", "10"), ("Mike's daughter.name", "\"Lisa\""), ("Mike's   daughter.name", "\"Lisa\""), ("item 2", "3"),
      ("item 2 price", "4"), ("rock and roll + 1", "7"), ("`rock and roll`", "6"), ("x - y", "1"), ("foo.bar", "8"), ("`a b`", "9"),
      ("a b", "9"),
      ("1-x", "-1"),
    ])
  func names(text: String, expected: String) throws {
    let variables: JSON = [
      "a+b": 5, "Mike's daughter.name": "Lisa", "item 2": 3, "item 2 price": 4, "rock and roll": 6, "x": 2, "y": 1, "foo": ["bar": 8],
      "a b": 9,
    ]

    #expect(try standard(text, variables) == expected)
  }

  private static let unaryTests: [(String, JSON, Bool?)] = [
    ("-", 1, true), ("5", 5, true), ("5", 6, false), ("1, 5", 5, true), ("not(1, 5)", 5, false), ("not(> 5)", 4, true), ("< 5", 4, true),
    ("[1..5]", 5, true), ("(1..5)", 5, false), ("]1..5[", 5, false), ("\"a\"", "a", true), ("null", nil, true), ("5", nil, false),
    ("> 5", nil, false), ("? > 5", 6, true), ("? > 5 or ? = 1", 1, true), ("odd(?)", 3, true), ("starts with(?, \"a\")", "abc", true),
    ("[1, 2, 3]", 2, true), ("[1, 2, 3]", [1, 2, 3], true), ("true", true, true), ("false", true, false), ("not(true)", false, true),
    ("= 5", 5, true), ("!= 5", 5, false), ("x", 7, true), ("> x", 8, true), ("{a: 1}", ["a": 1], true), ("< x, > 100", 101, true),
    ("count(?) > 1", [1, 2], true), ("? in [1..3]", 2, true), ("not(? in [1..3])", 2, false), ("list contains(?, 1)", [1], true),
    ("-, 5", 9, true),
  ]

  @Test("unary tests mean what chapter 10.3.2.8 says", arguments: unaryTests)
  func unary(text: String, input: JSON, expected: Bool?) throws {
    let scope = EvaluationScope(values: Context("x", Value(JSON.int(7))), input: Value(input))

    #expect(try CompiledExpression(unaryTests: text).evaluate(scope).boolean == expected)
  }

  @Test(
    "what is no expression is refused",
    arguments: [
      "", "1 +", "{", "{a}", "[1, ]", "for x in [1]", "if 1 then 2", "a..b", "1 2", "function(a)", "\"a", "@5", "a b c d =", "`", "``",
    ])
  func refused(text: String) {
    #expect(throws: ExpressionError.self) { try CompiledExpression(feel: text) }
  }
}
