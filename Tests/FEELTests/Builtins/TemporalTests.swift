import Testing

@Suite("Dates and times", .enabled(if: systemZones.knows("Europe/Berlin")))
struct TemporalTests {
  private static let functions = rows(
    ##"""
    day of week(@"2019-09-17")  =>  "Tuesday"
    day of week(date: @"2019-09-17T10:00:00")  =>  "Tuesday"
    day of week(null)  =>  null
    day of week("2019-09-17")  =>  null
    day of year(@"2019-09-17")  =>  260
    day of year(@"2020-12-31")  =>  366
    week of year(@"2019-09-17")  =>  38
    week of year(@"2005-01-01")  =>  53
    week of year(@"2003-12-29")  =>  1
    month of year(@"2019-09-17")  =>  "September"
    month of year()  =>  null
    last day of month(@"2024-02-01")  =>  "2024-02-29"
    now()  =>  "2026-07-15T09:40:45.123Z"
    today()  =>  "2026-07-15"
    now(1)  =>  null
    is(@"2012-12-25", time("23:00:50"))  =>  false
    is(@"2012-12-25", @"2012-12-25")  =>  true
    is(time("23:00:50z"), time("23:00:50"))  =>  false
    is(time("23:00:50z"), time("23:00:50+00:00"))  =>  true
    is(null, null)  =>  true
    is(1, 1.0)  =>  true
    is("1", 1)  =>  false
    is(value1: [1], value2: [1])  =>  true
    """##)

  private static let properties = rows(
    ##"""
    @"2018-12-10".year  =>  2018
    @"2018-12-10".month  =>  12
    @"2018-12-10".day  =>  10
    @"2018-12-10".weekday  =>  1
    @"2018-12-10".hour  =>  null
    @"2018-12-10T10:30:01.5".second  =>  1.5
    @"2018-12-10T10:30:01".hour  =>  10
    @"2018-12-10T10:30:01+05:00".time offset  =>  "PT5H"
    @"2018-12-10T10:30:01+05:00".timezone  =>  null
    @"2018-12-10T10:30:01".time offset  =>  null
    @"2018-12-10T10:30:01@Europe/Berlin".timezone  =>  "Europe/Berlin"
    @"2018-12-10T10:30:01@Europe/Berlin".time offset  =>  "PT1H"
    @"2018-07-10T10:30:01@Europe/Berlin".time offset  =>  "PT2H"
    @"10:30:01Z".time offset  =>  "PT0S"
    @"10:30:01".minute  =>  30
    @"10:30:01@Etc/UTC".timezone  =>  "Etc/UTC"
    @"P1Y2M".years  =>  1
    @"P14M".months  =>  2
    @"-P14M".months  =>  -2
    @"P1Y".days  =>  null
    @"P1DT2H10M30.5S".hours  =>  2
    @"PT26H".days  =>  1
    @"-PT90S".seconds  =>  -30
    @"PT90M".value  =>  5400
    @"P14M".value  =>  14
    null.year  =>  null
    "a".year  =>  null
    """##)

  private static let arithmetic = rows(
    ##"""
    @"2020-02-28" + @"P2D"  =>  "2020-03-01"
    @"2020-02-29" + @"P1Y"  =>  "2021-02-28"
    @"2020-03-31" - @"P1M"  =>  "2020-02-29"
    @"P1D" + @"2020-01-01"  =>  "2020-01-02"
    @"2021-01-02" - @"PT1H"  =>  "2021-01-01"
    @"2021-01-02" - @"2021-01-01"  =>  "P1D"
    @"2021-01-02" + 1  =>  null
    @"2021-01-02" + @"2021-01-02"  =>  null
    @"P1D" - @"2021-01-02"  =>  null
    @"2021-01-01T10:00:00" + @"PT25H"  =>  "2021-01-02T11:00:00"
    @"2021-01-01T10:00:00Z" - @"2021-01-01T10:00:00+01:00"  =>  "PT1H"
    @"2021-01-01T10:00:00Z" - @"2021-01-01T10:00:00"  =>  null
    @"2026-03-29T01:30:00@Europe/Berlin" + @"PT1H"  =>  "2026-03-29T03:30:00@Europe/Berlin"
    @"2026-10-25T01:30:00@Europe/Berlin" + @"PT2H"  =>  "2026-10-25T02:30:00@Europe/Berlin"
    @"2026-03-28T12:00:00@Europe/Berlin" + @"P1M"  =>  "2026-04-28T12:00:00@Europe/Berlin"
    @"2026-03-30T00:00:00@Europe/Berlin" - @"2026-03-29T00:00:00@Europe/Berlin"  =>  "PT23H"
    @"23:30:00" + @"PT1H"  =>  "00:30:00"
    @"00:30:00" - @"PT1H"  =>  "23:30:00"
    @"10:00:00" - @"09:00:00"  =>  "PT1H"
    @"10:00:00Z" - @"10:00:00+01:00"  =>  "PT1H"
    @"10:00:00" + @"P1M"  =>  null
    @"P1D" + @"PT1H"  =>  "P1DT1H"
    @"P1Y" + @"P1M"  =>  "P1Y1M"
    @"P1Y" + @"P1D"  =>  null
    @"P1D" * 1.5  =>  "P1DT12H"
    2 * @"P1Y"  =>  "P2Y"
    @"P1Y" * 0.5  =>  "P6M"
    @"P1D" / 2  =>  "PT12H"
    @"P1D" / @"PT12H"  =>  2
    @"P1Y" / @"P1M"  =>  12
    @"P1D" / 0  =>  null
    @"P1D" / @"PT0S"  =>  null
    @"P1D" * @"P1D"  =>  null
    @"P1Y" / @"P1D"  =>  null
    @"999999999-12-31" + @"P1D"  =>  null
    @"-0001-01-01" + @"P1Y"  =>  "0000-01-01"
    """##)

  private static let comparison = rows(
    ##"""
    @"2021-01-01" < @"2021-01-02"  =>  true
    @"-2021-01-01" < @"2021-01-02"  =>  true
    @"2021-01-01" < @"2021-01-01T10:00:00"  =>  null
    @"2021-01-01T10:00:00Z" = @"2021-01-01T11:00:00+01:00"  =>  true
    @"2021-07-01T10:00:00@Europe/Berlin" = @"2021-07-01T08:00:00Z"  =>  true
    @"2021-01-01T10:00:00Z" < @"2021-01-01T10:00:01"  =>  true
    @"2021-01-01T10:00:00+02:00" < @"2021-01-01T09:00:00"  =>  false
    @"2021-01-01T10:00:00Z" = @"2021-01-01T10:00:00"  =>  false
    @"10:00:00Z" < @"11:00:00"  =>  true
    @"10:00:00Z" = @"10:00:00"  =>  false
    @"10:00:00Z" = @"11:00:00+01:00"  =>  true
    @"10:00:00" < @"11:00:00"  =>  true
    @"PT60M" = @"PT1H"  =>  true
    @"P12M" = @"P1Y"  =>  true
    @"P1Y" = @"P365D"  =>  null
    @"P1Y" < @"P400D"  =>  null
    @"P1D" between @"PT1H" and @"P2D"  =>  true
    @"2021-01-01" = null  =>  false
    """##)

  @Test(
    "temporal values as chapters 10.3.2.3, 10.3.4.6 and 10.3.2.5 have them", arguments: functions + properties + arithmetic + comparison)
  func temporals(row: Row) throws {
    #expect(try standard(row.text) == row.expected)
  }
}
