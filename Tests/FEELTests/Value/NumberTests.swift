import FlowCore
import FlowFEEL
import Testing

private func number(_ text: String) throws -> Number { try #require(Number(parsing: text)) }

@Suite("Number")
struct NumberTests {
  @Test(
    "numbers print as plain digits",
    arguments: [
      ("0", "0"), ("-0", "0"), ("1.10", "1.1"), ("1e3", "1000"), ("-0.001", "-0.001"), ("12.5e-1", "1.25"), ("1e-7", "0.0000001"),
      ("1e50", "1e50"), ("9999999999999999999999999999999999", "9999999999999999999999999999999999"),
      ("99999999999999999999999999999999995", "100000000000000000000000000000000000"), ("0e99999", "0"), ("1e-99999", "0"),
    ])
  func prints(text: String, expected: String) throws {
    #expect(try number(text).text == expected)
  }

  @Test("what is no number is none", arguments: ["", "-", ".", "e5", "1e", "1x", "1..2", "1e99999", "0x10", "１"])
  func refuses(text: String) {
    #expect(Number(parsing: text) == nil)
  }

  @Test(
    "sums keep 34 digits, half to even",
    arguments: [
      ("0.1", "0.2", "0.3"), ("1", "-1", "0"), ("1e40", "1", "1e40"), ("9999999999999999999999999999999999", "1", "1e34"),
      ("1e33", "0.5", "1000000000000000000000000000000000"),
      ("1000000000000000000000000000000001", "0.5", "1000000000000000000000000000000002"),
      ("1e34", "-0.5", "1e34"), ("1e-6000", "1", "1"), ("123.456", "-23.456", "100"), ("1e37", "-1e-5", "1e37"),
    ])
  func adds(left: String, right: String, expected: String) throws {
    #expect(try Number.sum(number(left), number(right)) == number(expected))
    #expect(try Number.sum(number(right), number(left)) == number(expected))
  }

  @Test(
    "products and quotients",
    arguments: [
      ("1", "3", "0.3333333333333333333333333333333333"), ("2", "3", "0.6666666666666666666666666666666667"), ("10", "4", "2.5"),
      ("1", "8", "0.125"), ("-7", "2", "-3.5"), ("0", "5", "0"), ("1e-30", "3e30", "3.333333333333333333333333333333333e-61"),
    ])
  func divides(left: String, right: String, expected: String) throws {
    #expect(try Number.quotient(number(left), number(right)) == number(expected))
    #expect(try Number.quotient(number(left), .zero) == nil)
  }

  @Test("a product of full numbers is rounded once")
  func multiplies() throws {
    let nines = try number("9999999999999999999999999999999999")

    #expect(
      Number.product(nines, nines)?.text == "9.999999999999999999999999999999998e67"
        || Number.product(nines, nines)?.reduced.text == "9999999999999999999999999999999998e34")
    #expect(try Number.product(number("1e4000"), number("1e4000")) == nil)
    #expect(try Number.product(number("1e-4000"), number("1e-4000")) == .zero)
  }

  @Test(
    "rounding modes",
    arguments: [
      ("2.5", Rounding.halfEven, "2"), ("3.5", .halfEven, "4"), ("2.5", .halfUp, "3"), ("-2.5", .halfUp, "-3"), ("2.5", .halfDown, "2"),
      ("-1.1", .floor, "-2"), ("-1.9", .ceiling, "-1"), ("1.1", .up, "2"), ("1.9", .down, "1"), ("-0.4", .ceiling, "0"),
    ])
  func rounds(text: String, mode: Rounding, expected: String) throws {
    #expect(try number(text).rounded(scale: 0, mode) == number(expected))
  }

  @Test("rounding far away from the digits stays in range")
  func roundsFar() throws {
    #expect(try number("1").rounded(scale: -6000, .halfUp) == .zero)
    #expect(try number("1.5").rounded(scale: 6000, .halfUp) == number("1.5"))
    #expect(try number("5555").rounded(scale: -2, .halfUp).text == "5600")
  }

  @Test("powers", arguments: [("2", "10", "1024"), ("2", "-2", "0.25"), ("10", "0", "1"), ("1.5", "2", "2.25"), ("-2", "3", "-8")])
  func raises(base: String, exponent: String, expected: String) throws {
    #expect(try Number.power(number(base), number(exponent)) == number(expected))
  }

  @Test("powers out of range are none, and end soon")
  func hugePowers() throws {
    #expect(try Number.power(number("10"), number("999999999999")) == nil)
    #expect(try Number.power(number("0.1"), number("999999999999")) == .zero)
    #expect(try Number.power(.zero, number("-1")) == nil)
    #expect(try Number.power(number("-8"), number("0.5")) == nil)
    #expect(try Number.power(number("-1"), number("9223372036854775807")) == number("-1"))
  }

  @Test("the square root has all 34 digits")
  func root() throws {
    #expect(try number("2").squareRoot?.text == "1.414213562373095048801688724209698")
    #expect(try number("16").squareRoot?.text == "4")
    #expect(try number("1e-400").squareRoot == number("1e-200"))
    #expect(try number("-1").squareRoot == nil)
  }

  @Test("the remainder has the divisor's sign")
  func remainders() throws {
    #expect(try Number.modulo(number("-12"), number("5")) == number("3"))
    #expect(try Number.modulo(number("12"), number("-5")) == number("-3"))
    #expect(try Number.modulo(number("10.1"), number("4.5")) == number("1.1"))
    #expect(try Number.modulo(number("1"), .zero) == nil)
    #expect(try Number.modulo(number("-9223372036854775807"), number("-1")) == .zero)
  }

  @Test("equal numbers of different form have one hash and one order")
  func equality() throws {
    #expect(try number("1.0") == number("1.00"))
    #expect(try number("1.0").hashValue == number("1").hashValue)
    #expect(try number("-2") < number("-1.5"))
    #expect(try number("1e10") > number("9999999999"))
    #expect(try number("0") > number("-1e-20"))
  }

  @Test("JSON keeps the digits both ways")
  func json() throws {
    let long = JSON.decimal("1234567890.12345678901234")

    #expect(Value(long).json == long)
    #expect(Value(JSON.int(7)).json == .int(7))
    #expect(Value(JSON.double(0.5)).json == .double(0.5))
    #expect(Value(JSON.double(3528.0)).json == .int(3528))
  }
}
