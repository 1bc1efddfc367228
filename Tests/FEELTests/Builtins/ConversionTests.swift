import Testing

@Suite("Conversion functions")
struct ConversionTests {
  private static let dates = rows(
    ##"""
    date("2012-12-25")  =>  "2012-12-25"
    date(from: "2012-12-25")  =>  "2012-12-25"
    date(2012, 12, 25)  =>  "2012-12-25"
    date(day: 30, month: 8, year: 2017)  =>  "2017-08-30"
    date("-0044-03-15")  =>  "-0044-03-15"
    date("999999999-12-31")  =>  "999999999-12-31"
    date("-999999999-01-01")  =>  "-999999999-01-01"
    date("9999999999-12-31")  =>  null
    date("01211-12-31")  =>  null
    date("998-12-31")  =>  null
    date("2012-12-25Z")  =>  null
    date("2012-12-32")  =>  null
    date("2013-02-29")  =>  null
    date("2012-02-29")  =>  "2012-02-29"
    date("2012-1-05")  =>  null
    date("")  =>  null
    date(null)  =>  null
    date()  =>  null
    date(2017, 13, 1)  =>  null
    date(1000000000, 1, 1)  =>  null
    date(2017, null, 1)  =>  null
    date(date and time("2017-08-10T10:20:00@Europe/Paris"))  =>  "2017-08-10"
    date(@"2017-08-10")  =>  "2017-08-10"
    date(1, 2)  =>  null
    date(2017, 1, 1, 1)  =>  null
    """##)

  private static let times = rows(
    ##"""
    time("11:22:33")  =>  "11:22:33"
    time("11:22:33Z")  =>  "11:22:33Z"
    time("11:22:33+02:00")  =>  "11:22:33+02:00"
    time("11:22:33.123456789")  =>  "11:22:33.123456789"
    time("11:22:33.500")  =>  "11:22:33.5"
    time("00:01:00@Etc/UTC")  =>  "00:01:00@Etc/UTC"
    time("13:20:00@xyz/abc")  =>  null
    time("13:20:00+02:00@Europe/Paris")  =>  null
    time("13:20:00+19:00")  =>  null
    time("24:00:01")  =>  null
    time("23:59:60")  =>  null
    time("7:00:00")  =>  null
    time("07:00")  =>  null
    time(11, 59, 45)  =>  "11:59:45"
    time(11, 59, 45.5)  =>  "11:59:45.5"
    time(11, 59, 45, duration("PT2H"))  =>  "11:59:45+02:00"
    time(11, 59, 45, @"-PT0S")  =>  "11:59:45Z"
    time(11, 59, 45, null)  =>  "11:59:45"
    time(24, 0, 0)  =>  null
    time(11, 59, -1)  =>  null
    time(11, 59)  =>  null
    time(date and time("2017-08-10T10:20:00+01:00"))  =>  "10:20:00+01:00"
    time(date("2017-08-10"))  =>  "00:00:00Z"
    time(hour: 1, minute: 2, second: 3)  =>  "01:02:03"
    @"13:20:00@xyz/abc"  =>  null
    @"13:20:00@Asia/Tokyo"  =>  "13:20:00@Asia/Tokyo"
    """##)

  private static let dateTimes = rows(
    ##"""
    date and time("2012-12-24T23:59:00")  =>  "2012-12-24T23:59:00"
    date and time("2012-12-24")  =>  "2012-12-24T00:00:00"
    date and time("2017-12-31T11:22:33.35@Europe/Paris")  =>  "2017-12-31T11:22:33.35@Europe/Paris"
    date and time("2017-12-31T11:22:33@Nowhere")  =>  null
    date and time("2017-12-31T11:22:60")  =>  null
    date and time("2011-12-31T10:15:30.1234567890123Z")  =>  "2011-12-31T10:15:30.123456789Z"
    date and time(date("2017-01-01"), time("23:59:01+02:00"))  =>  "2017-01-01T23:59:01+02:00"
    date and time(date: date("2017-01-01"), time: time("23:59:01"))  =>  "2017-01-01T23:59:01"
    date and time(date and time("2017-09-05T10:20:00-01:00"), time("09:15:30Z"))  =>  "2017-09-05T09:15:30Z"
    date and time(@"2020-07-31T14:27:30@Europe/Berlin", "America/Los_Angeles")  =>  "2020-07-31T05:27:30@America/Los_Angeles"
    date and time(@"2020-07-31T14:27:30", "Z")  =>  "2020-07-31T14:27:30Z"
    date and time(@"2020-07-31T14:27:30Z", "+02:00")  =>  "2020-07-31T16:27:30+02:00"
    date and time(@"2020-07-31T14:27:30", "Nowhere")  =>  null
    date and time(date("2017-01-01"), null)  =>  null
    date and time(null)  =>  null
    date and time("2017-12-31T7:20:00")  =>  null
    date and time(2017)  =>  null
    date and time("-2017-12-31T11:22:33")  =>  "-2017-12-31T11:22:33"
    """##)

  private static let durations = rows(
    ##"""
    duration("P1D")  =>  "P1D"
    duration("PT24H")  =>  "P1D"
    duration("-PT90M")  =>  "-PT1H30M"
    duration("P0D")  =>  "PT0S"
    duration("P14M")  =>  "P1Y2M"
    duration("-P1Y")  =>  "-P1Y"
    duration("P0Y")  =>  "P0M"
    duration("PT0.5S")  =>  "PT0.5S"
    duration("P1Y1D")  =>  null
    duration("P")  =>  null
    duration("PT")  =>  null
    duration("P1DT")  =>  null
    duration("P1M2Y")  =>  null
    duration("1D")  =>  null
    duration("P1W")  =>  null
    duration(null)  =>  null
    duration(1)  =>  null
    duration(from: "P1D")  =>  "P1D"
    years and months duration(@"2016-09-30", @"2017-12-28")  =>  "P1Y2M"
    years and months duration(@"2017-12-28", @"2016-09-30")  =>  "-P1Y2M"
    years and months duration(@"2014-12-31", @"2019-10-01")  =>  "P4Y9M"
    years and months duration(from: @"2011-12-22", to: @"2013-08-24")  =>  "P1Y8M"
    years and months duration(@"2011-12-22", null)  =>  null
    years and months duration(@"2011-12-22", "2013-08-24")  =>  null
    """##)

  private static let numbers = rows(
    ##"""
    number("1.5")  =>  1.5
    number("-1")  =>  -1
    number("1e3")  =>  1000
    number("abc")  =>  null
    number("")  =>  null
    number("1 000,5", " ", ",")  =>  1000.5
    number("1,000.5", ",", ".")  =>  1000.5
    number("1.000.000,01", ".", ",")  =>  1000000.01
    number("1000,5", null, ",")  =>  1000.5
    number("1,000", null, null)  =>  null
    number("1.000", ".", ".")  =>  null
    number("1", "x", ".")  =>  null
    number(from: "1.000,5", decimal separator: ",", grouping separator: ".")  =>  1000.5
    number(null)  =>  null
    number(5)  =>  5
    number(true)  =>  null
    number()  =>  null
    number("12345678901234567890123456789012345")  =>  12345678901234567890123456789012340
    """##)

  private static let strings = rows(
    ##"""
    string(1.10)  =>  "1.1"
    string(-0)  =>  "0"
    string(true)  =>  "true"
    string(null)  =>  null
    string("a")  =>  "a"
    string(@"2020-01-01")  =>  "2020-01-01"
    string(["a", 1, null])  =>  "[\"a\", 1, null]"
    string([1..5))  =>  "[1..5)"
    string({"a b": 1})  =>  "{a b:1}"
    string()  =>  null
    string(from: 1)  =>  "1"
    string(1, 2)  =>  null
    to json({a: [1, "x"]})  =>  "{\"a\":[1,\"x\"]}"
    from json("{\"a\": [1, 2]}").a[2]  =>  2
    from json("{")  =>  null
    to base64("FEEL")  =>  "RkVFTA=="
    to base64(value: "")  =>  ""
    to base64(1)  =>  null
    random number()  =>  null
    uuid()  =>  null
    """##)

  private static let ranges = rows(
    ##"""
    range("[18..21)")  =>  "[18..21)"
    range("]1..2[")  =>  "(1..2)"
    range("[2..)")  =>  "[2..)"
    range("(..2)")  =>  "(..2)"
    range("(..)")  =>  null
    range("[..2]")  =>  null
    range("[2..]")  =>  null
    range("[3..1]")  =>  null
    range("")  =>  null
    range("[1 .. 2]")  =>  "[1..2]"
    range("[\"a\"..\"c\"]")  =>  "[\"a\"..\"c\"]"
    range("[@\"2020-01-01\"..@\"2020-01-02\"]")  =>  "[2020-01-01..2020-01-02]"
    range("[date(\"2020-01-01\")..date(\"2020-01-02\")]")  =>  "[2020-01-01..2020-01-02]"
    range("[a..b]")  =>  null
    range("[1..\"a\"]")  =>  null
    range("[1..2")  =>  null
    range(from: "[-2..-1]")  =>  "[-2..-1]"
    range(null)  =>  null
    range(1)  =>  null
    range("1")  =>  null
    range("[1+1..3]")  =>  null
    """##)

  private static let others = rows(
    ##"""
    not(true)  =>  false
    not(false)  =>  true
    not(null)  =>  null
    not(1)  =>  null
    not("true")  =>  null
    not()  =>  null
    not(negand: true)  =>  false
    not(true, false)  =>  null
    is defined(1)  =>  true
    is defined(null)  =>  false
    is defined(nope)  =>  false
    is defined({a: 1}.b)  =>  false
    get or else(null, 1)  =>  1
    get or else(false, 1)  =>  false
    get or else(value: nope, default: 2)  =>  2
    assert(1, 1 = 1)  =>  1
    assert(1, 1 > 2, "why")  =>  null
    assert(null, not(null = null))  =>  null
    """##)

  @Test("conversions as chapter 10.3.4.1 has them", arguments: dates + times + dateTimes + durations + numbers + strings + ranges + others)
  func convert(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }
}
