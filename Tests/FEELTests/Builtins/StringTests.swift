import Testing

@Suite("String functions")
struct StringTests {
  private static let plain = rows(
    ##"""
    substring("foobar", 3)  =>  "obar"
    substring("foobar", 3, 3)  =>  "oba"
    substring("foobar", -2, 1)  =>  "a"
    substring("\U01F40Eab", 2)  =>  "ab"
    substring("foobar", 0)  =>  null
    substring("foobar", 7)  =>  null
    substring("foobar", -7)  =>  null
    substring("", 1)  =>  null
    substring("foobar", 3, 0)  =>  null
    substring("foobar", 3, 10)  =>  "obar"
    substring("foobar", -6)  =>  "foobar"
    substring("foobar", 3, 3.8)  =>  "oba"
    substring(string: "foobar", start position: 3)  =>  "obar"
    substring(null, 1)  =>  null
    substring("a")  =>  null
    substring("foobar", "1")  =>  null
    string length("")  =>  0
    string length("\uD83D\uDCA9")  =>  1
    string length(["foo"])  =>  3
    string length(null)  =>  null
    string length(1)  =>  null
    upper case("aBc4")  =>  "ABC4"
    upper case("ß")  =>  "SS"
    lower case(string: "aBc4")  =>  "abc4"
    lower case(1)  =>  null
    substring before("foobar", "bar")  =>  "foo"
    substring before("foobar", "xyz")  =>  ""
    substring before("foobar", "")  =>  ""
    substring after("foobar", "ob")  =>  "ar"
    substring after("", "a")  =>  ""
    substring after("foo", "")  =>  "foo"
    contains("foobar", "of")  =>  false
    contains("foobar", "")  =>  true
    starts with("foobar", "fo")  =>  true
    starts with(string: "foobar", match: "b")  =>  false
    ends with("foobar", "r")  =>  true
    ends with("foobar", null)  =>  null
    trim("  a b \n")  =>  "a b"
    is blank(" ")  =>  true
    is blank("a")  =>  false
    string join(["a", "b", "c"])  =>  "abc"
    string join(["a", "b", "c"], ", ")  =>  "a, b, c"
    string join(["a", null, "c"], "X")  =>  "aXc"
    string join(["a"], "X")  =>  "a"
    string join("a", "X")  =>  "a"
    string join([])  =>  ""
    string join([1])  =>  null
    string join(null)  =>  null
    string join(["a", "b"], null)  =>  "ab"
    string join(["a", "b"], 1)  =>  null
    string join(["a", "b"], ", ", "[", "]")  =>  "[a, b]"
    string join(list: ["a", "b"], delimiter: "-")  =>  "a-b"
    string join()  =>  null
    string join([["a"]])  =>  null
    """##)

  private static let patterns = rows(
    ##"""
    matches("foobar", "^fo*b")  =>  true
    matches(input: "foobar", pattern: "^fo*bar$")  =>  true
    matches("a\nb", "a.b")  =>  false
    matches("a\nb", "a.b", "s")  =>  true
    matches("a\nb", "^b$")  =>  false
    matches("a\nb", "^b$", "m")  =>  true
    matches("hello world", "hello world", "x")  =>  false
    matches("helloworld", "hello world", "x")  =>  true
    matches("AB", "ab", "i")  =>  true
    matches("a+b", "a+b", "q")  =>  true
    matches("ab", "ab", "y")  =>  null
    matches("ab", "ab", null)  =>  true
    matches(null, "a")  =>  null
    matches("a", null)  =>  null
    matches("\u212A", "k", "i")  =>  true
    matches("k", "\u212A", "i")  =>  true
    matches("\u212A", "[A-Z]", "i")  =>  true
    matches("o", "[A-Z-[OI]]", "i")  =>  false
    matches("x", "[A-Z-[OI]]", "i")  =>  true
    matches("q", "[^Q]", "i")  =>  false
    matches("x", "[^Q]", "i")  =>  true
    matches("ǅ", "ǆ", "i")  =>  true
    matches("5", "\\p{Nd}")  =>  true
    matches("€", "^\\p{Sc}$")  =>  true
    matches("a", "\\P{Lu}")  =>  true
    matches("α", "^\\p{IsGreek}$")  =>  true
    matches("a", "\\p{IsGreek}")  =>  false
    matches("a", "\\p{IsNoBlock}")  =>  null
    matches("a", "\\pL")  =>  null
    matches("", "")  =>  true
    matches("a", "[a-")  =>  null
    replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")  =>  "[1=ab][2=]cd"
    replace("abracadabra", "bra", "*")  =>  "a*cada*"
    replace("abracadabra", "a.*a", "*")  =>  "*"
    replace("abracadabra", "a.*?a", "*")  =>  "*c*bra"
    replace("abracadabra", "a", "")  =>  "brcdbr"
    replace("abracadabra", "a(.)", "a$1$1")  =>  "abbraccaddabbra"
    replace("abracadabra", ".*?", "$1")  =>  null
    replace("AAAA", "A+?", "b")  =>  "bbbb"
    replace("darted", "^(.*?)d(.*)$", "$1c$2")  =>  "carted"
    replace("abc", "b", "$")  =>  null
    replace("abc", "b", "\\x")  =>  null
    replace("abc", "b", "\\$1")  =>  "a$1c"
    replace("a.c", ".", "$", "q")  =>  "a$c"
    replace("abc", "[a-z]", "#", "")  =>  "###"
    replace(input: "abc", pattern: "B", replacement: "x", flags: "i")  =>  "axc"
    replace("abc", null, "x")  =>  null
    split("John Doe", "\\s")  =>  ["John","Doe"]
    split("a;b;c;;", ";")  =>  ["a","b","c","",""]
    split("aXbxc", "x", "i")  =>  ["a","b","c"]
    split("abc", "")  =>  ["a","b","c"]
    split("", ",")  =>  [""]
    split(string: "a,b", delimiter: ",")  =>  ["a","b"]
    split("a", null)  =>  null
    extract("this is 1234 and 5678", "\\d+")  =>  ["1234","5678"]
    extract("abc", "x")  =>  []
    """##)

  private static let escapes = rows(
    ##"""
    "a\tb\n\"\\"  =>  "a\tb\n\"\\"
    "\u00e9\U01F600"  =>  "é😀"
    "\uD83D\uDE00"  =>  "😀"
    "\d"  =>  "\\d"
    "two\nlines"  =>  "two\nlines"
    "a" + "b"  =>  "ab"
    "a" + 1  =>  null
    "a" < "b"  =>  true
    "a" = "A"  =>  false
    "é" = "e\u0301"  =>  false
    """##)

  @Test("strings as chapter 10.3.4.3 has them", arguments: plain + patterns + escapes)
  func strings(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }
}
