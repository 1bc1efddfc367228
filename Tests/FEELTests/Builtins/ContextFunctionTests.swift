import Testing

@Suite("Context functions")
struct ContextFunctionTests {
  private static let table = rows(
    ##"""
    get value({key1: "value1"}, "key1")  =>  "value1"
    get value({key1: "value1"}, "nope")  =>  null
    get value(m: {a: 1}, key: "a")  =>  1
    get value({x: 1, y: {z: 0}}, ["y", "z"])  =>  0
    get value({x: 1}, [])  =>  null
    get value(null, "a")  =>  null
    get value({a: 1}, null)  =>  null
    get value([], "a")  =>  null
    get entries({a: 1, b: [2]})  =>  [{"key":"a","value":1},{"key":"b","value":[2]}]
    get entries(m: {})  =>  []
    get entries([])  =>  null
    get entries({a: 1, b: 2}).key  =>  ["a","b"]
    context([{key: "a", value: 1}, {key: "b", value: 2}])  =>  {"a":1,"b":2}
    context([{key: "a", value: null}])  =>  {"a":null}
    context(entries: [])  =>  {}
    context({key: "a", value: 1})  =>  {"a":1}
    context([{key: "a", value: 1}, {key: "a", value: 2}])  =>  null
    context([{key: "a"}])  =>  null
    context([{key: null, value: 1}])  =>  null
    context([{key: 1, value: 1}])  =>  null
    context([null])  =>  null
    context(null)  =>  null
    context([{key: "a", value: 1, more: 2}])  =>  {"a":1}
    context put({x: 1}, "y", 2)  =>  {"x":1,"y":2}
    context put({x: 1, y: 0}, "y", 2)  =>  {"x":1,"y":2}
    context put({x: 1}, ["y"], 2)  =>  {"x":1,"y":2}
    context put({x: 1, y: {z: 0}}, ["y", "z"], 2)  =>  {"x":1,"y":{"z":2}}
    context put({x: 1}, ["x", "z"], 2)  =>  null
    context put(context: {}, key: "a", value: 1)  =>  {"a":1}
    context put(context: {}, keys: ["a"], value: 1)  =>  {"a":1}
    context put({}, null, 1)  =>  null
    context put({}, [], 1)  =>  null
    context put({}, ["a", 1], 1)  =>  null
    context put(null, "a", 1)  =>  null
    context put({}, "a")  =>  null
    context merge([{x: 1}, {y: 2}])  =>  {"x":1,"y":2}
    context merge([{x: 1}, {x: 2}])  =>  {"x":2}
    context merge(contexts: [{x: 1}])  =>  {"x":1}
    context merge({x: 1})  =>  {"x":1}
    context merge([{x: 1}, null])  =>  null
    context merge([])  =>  {}
    context merge(null)  =>  null
    put({x: 1}, "y", 2)  =>  {"x":1,"y":2}
    put all({x: 1}, {y: 2})  =>  {"x":1,"y":2}
    {a: 1, b: a + 1}  =>  {"a":1,"b":2}
    {a: 1}.b  =>  null
    {"a b": 1}.a b  =>  1
    {`a-b`: 1}.`a-b`  =>  1
    {a-b: 1}.a-b  =>  1
    {"a+b": 2}.a+b  =>  2
    {a: {b: {c: 1}}}.a.b.c  =>  1
    {if: 1}.if  =>  1
    {a: function(x) x * 2, b: a(3)}.b  =>  6
    {a: 1} = {a: 1.0}  =>  true
    {a: 1, b: 2} = {b: 2, a: 1}  =>  true
    {a: 1} = {a: 1, b: null}  =>  false
    {}  =>  {}
    """##)

  @Test("contexts as chapter 10.3.4.10 has them", arguments: table)
  func contexts(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }
}
