import Testing

@Suite("Numeric functions")
struct NumberFunctionTests {
  private static let functions = rows(
    ##"""
    decimal(1/3, 2)  =>  0.33
    decimal(1.5, 0)  =>  2
    decimal(2.5, 0)  =>  2
    decimal(-0.5, 0)  =>  0
    decimal(1234, -2)  =>  1200
    decimal(n: 1.155, scale: 2)  =>  1.16
    decimal(1, 6177)  =>  null
    decimal(1, -6112)  =>  null
    decimal(1)  =>  null
    decimal("1", 1)  =>  null
    floor(1.5)  =>  1
    floor(-1.5)  =>  -2
    floor(-1.56, 1)  =>  -1.6
    floor(null)  =>  null
    floor(1.5, null)  =>  null
    ceiling(1.5)  =>  2
    ceiling(-1.5)  =>  -1
    ceiling(n: -1.56, scale: 1)  =>  -1.5
    round up(5.5, 0)  =>  6
    round up(-5.5, 0)  =>  -6
    round up(1.121, 2)  =>  1.13
    round up(5.5)  =>  null
    round down(5.5, 0)  =>  5
    round down(-5.5, 0)  =>  -5
    round down(1.126, 2)  =>  1.12
    round half up(5.5, 0)  =>  6
    round half up(-5.5, 0)  =>  -6
    round half up(1.125, 2)  =>  1.13
    round half down(5.5, 0)  =>  5
    round half down(-5.5, 0)  =>  -5
    round half down(1.126, 2)  =>  1.13
    abs(-10)  =>  10
    abs(n: 10)  =>  10
    abs(@"-PT4H")  =>  "PT4H"
    abs(@"-P1Y")  =>  "P1Y"
    abs("1")  =>  null
    abs()  =>  null
    modulo(12, 5)  =>  2
    modulo(-12, 5)  =>  3
    modulo(12, -5)  =>  -3
    modulo(-12, -5)  =>  -2
    modulo(10.1, 4.5)  =>  1.1
    modulo(-10.1, 4.5)  =>  3.4
    modulo(10.1, -4.5)  =>  -3.4
    modulo(-10.1, -4.5)  =>  -1.1
    modulo(5, 0)  =>  null
    modulo(dividend: 10, divisor: 3)  =>  1
    sqrt(16)  =>  4
    sqrt(2)  =>  1.414213562373095048801688724209698
    sqrt(-1)  =>  null
    log(1)  =>  0
    log(0)  =>  null
    log(-1)  =>  null
    exp(0)  =>  1
    exp(number: 0)  =>  1
    odd(5)  =>  true
    odd(2)  =>  false
    odd(0.5)  =>  null
    even(-2)  =>  true
    even("2")  =>  null
    even([2])  =>  true
    """##)

  private static let arithmetic = rows(
    ##"""
    .5 + 0.5  =>  1
    1.2e3  =>  1200
    5E-1  =>  0.5
    -5 instance of number  =>  true
    - 5  =>  -5
    --5  =>  5
    5 - -5  =>  10
    5-3  =>  2
    -2 ** 2  =>  4
    2 ** 3 ** 2  =>  64
    2 ** 0.5  =>  1.4142135623730951
    0 ** 0  =>  1
    0 ** -1  =>  null
    (-8) ** 0.5  =>  null
    10 ** 6144  =>  1e6144
    10 ** 6145  =>  null
    1 / 3 * 3 = 1  =>  false
    1 / 3  =>  0.3333333333333333333333333333333333
    0.1 + 0.2  =>  0.3
    9999999999999999999999999999999999 + 1 = 10 ** 34  =>  true
    1 / 0  =>  null
    0 / 0  =>  null
    1 + null  =>  null
    1 + "a"  =>  null
    [1] + 1  =>  null
    true + true  =>  null
    1.0 = 1.00  =>  true
    -0 = 0  =>  true
    -"a"  =>  null
    -null  =>  null
    -@"P1D"  =>  "-P1D"
    -@"P1Y"  =>  "-P1Y"
    """##)

  @Test("numbers as chapter 10.3.4.5 has them", arguments: functions + arithmetic)
  func numbers(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }
}
