/** Every decorator of class-validator that can stand on a field of a message, with values that it accepts. */
import * as cv from "class-validator";

type Options = cv.ValidationOptions;

export interface CatalogueEntry {
  /** The decorator with several sets of arguments. */
  readonly variants: readonly ((options: Options) => PropertyDecorator)[];
  /** Values that one variant or another accepts. */
  readonly good: readonly unknown[];
}

export class Instance {
  one = 1;
}

const Color = { RED: "RED", GREEN: "GREEN" } as const;
enum Level {
  LOW = 0,
  HIGH = 7,
}

function plain(make: (options: Options) => PropertyDecorator, ...good: unknown[]): CatalogueEntry {
  return { variants: [make], good };
}

function each(variants: CatalogueEntry["variants"], ...good: unknown[]): CatalogueEntry {
  return { variants, good };
}

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
const may = new Date(Date.UTC(2020, 4, 1));
const uuid4 = "9f2b8c3e-1d4a-4f6b-8a7c-5e3d2c1b0a99";

export const catalogue: Readonly<Record<string, CatalogueEntry>> = {
  Allow: plain(cv.Allow, "anything"),
  IsDefined: plain(cv.IsDefined, 0),
  IsLatLong: plain(cv.IsLatLong, "52.5,13.4", "(1.5,2)"),
  IsLatitude: plain(cv.IsLatitude, 52.5, "52.5", 90, -90, 1e-7, 0),
  IsLongitude: plain(cv.IsLongitude, 13.4, "-180", 180, -1e-7),
  Equals: each(
    [(o) => cv.Equals("same", o), (o) => cv.Equals(Number.NaN, o), (o) => cv.Equals(3, o)],
    "same",
    3,
  ),
  NotEquals: each([(o) => cv.NotEquals("same", o), (o) => cv.NotEquals(undefined, o)], "other"),
  IsEmpty: plain(cv.IsEmpty, ""),
  IsNotEmpty: plain(cv.IsNotEmpty, "x"),
  IsIn: each([(o) => cv.IsIn(["a", "b", 1], o), (o) => cv.IsIn([Number.NaN, undefined], o)], "a", 1),
  IsNotIn: each([(o) => cv.IsNotIn(["a", "b", 1], o), (o) => cv.IsNotIn([Number.NaN], o)], "c", Number.NaN),
  IsDivisibleBy: each([(o) => cv.IsDivisibleBy(3, o)], 9, 0),
  IsPositive: plain(cv.IsPositive, 1, 0.5),
  IsNegative: plain(cv.IsNegative, -1),
  Max: each([(o) => cv.Max(10, o), (o) => cv.Max(-0.5, o)], 10, -3),
  Min: each([(o) => cv.Min(10, o), (o) => cv.Min(-0.5, o)], 10, 11, Number.POSITIVE_INFINITY),
  MinDate: each([(o) => cv.MinDate(may, o), (o) => cv.MinDate(() => may, o)], new Date(Date.UTC(2021, 0))),
  MaxDate: each([(o) => cv.MaxDate(may, o)], new Date(Date.UTC(2019, 0)), may),
  Contains: each([(o) => cv.Contains("ab", o)], "cabc"),
  NotContains: each([(o) => cv.NotContains("ab", o)], "xyz"),
  IsAlpha: each([(o) => cv.IsAlpha(undefined, o), (o) => cv.IsAlpha("de-DE", o)], "abc", "äöü"),
  IsAlphanumeric: each([(o) => cv.IsAlphanumeric(undefined, o)], "abc123"),
  IsDecimal: each([(o) => cv.IsDecimal({}, o), (o) => cv.IsDecimal({ decimal_digits: "2" }, o)], "1.25", "7"),
  IsAscii: plain(cv.IsAscii, "plain"),
  IsBase64: each(
    [(o) => cv.IsBase64({}, o), (o) => cv.IsBase64({ urlSafe: true }, o)],
    "aGVsbG8=",
    "aGVsbG8",
  ),
  IsByteLength: each(
    [(o) => cv.IsByteLength(2, 6, o), (o) => cv.IsByteLength(1, undefined, o)],
    "abcd",
    "äö",
  ),
  IsCreditCard: plain(cv.IsCreditCard, "4111111111111111"),
  IsCurrency: each([(o) => cv.IsCurrency({}, o), (o) => cv.IsCurrency({ symbol: "€" }, o)], "$10.50", "€3"),
  IsEmail: each(
    [
      (o) => cv.IsEmail(undefined, o),
      (o) => cv.IsEmail({}, o),
      (o) => cv.IsEmail({ allow_display_name: true, host_blacklist: ["bad.org"] }, o),
    ],
    ..."a@b.co some.one+tag@mail.example.com x_y-z@sub-domain.org a@bad.org J@1.museum".split(" "),
    ...["Ann <ann@b.co>", `${"a".repeat(64)}@${"b".repeat(60)}.com`, "ü@b.co", '"q q"@b.co'],
  ),
  IsFQDN: each([(o) => cv.IsFQDN({}, o), (o) => cv.IsFQDN({ require_tld: false }, o)], "example.org", "host"),
  IsFullWidth: plain(cv.IsFullWidth, "ひらがな"),
  IsHalfWidth: plain(cv.IsHalfWidth, "half"),
  IsVariableWidth: plain(cv.IsVariableWidth, "half ひら"),
  IsHexColor: plain(cv.IsHexColor, "#ff0011", "#abc"),
  IsHexadecimal: plain(cv.IsHexadecimal, "deadBEEF"),
  IsMACAddress: each([(o) => cv.IsMACAddress({}, o), (o) => cv.IsMACAddress(o)], "01:02:03:04:05:ab"),
  IsIP: each(
    [(o) => cv.IsIP(undefined, o), (o) => cv.IsIP(4, o), (o) => cv.IsIP("6", o)],
    "127.0.0.1",
    "::1",
  ),
  IsPort: plain(cv.IsPort, "8080"),
  IsISBN: each([(o) => cv.IsISBN(undefined, o), (o) => cv.IsISBN("10", o)], "9783836221191", "3836221195"),
  IsISIN: plain(cv.IsISIN, "US0378331005"),
  IsISO8601: each(
    [(o) => cv.IsISO8601({}, o), (o) => cv.IsISO8601({ strict: true }, o)],
    "2024-02-29",
    "2023-02-29",
  ),
  IsJSON: plain(cv.IsJSON, '{"a":1}'),
  IsJWT: plain(cv.IsJWT, jwt),
  IsLowercase: plain(cv.IsLowercase, "lower"),
  IsMobilePhone: each(
    [(o) => cv.IsMobilePhone("de-DE", {}, o), (o) => cv.IsMobilePhone(undefined, {}, o)],
    "+4915123456789",
  ),
  IsISO31661Alpha2: plain(cv.IsISO31661Alpha2, "DE"),
  IsISO31661Alpha3: plain(cv.IsISO31661Alpha3, "DEU"),
  IsISO31661Numeric: plain(cv.IsISO31661Numeric, "276"),
  IsMongoId: plain(cv.IsMongoId, "507f1f77bcf86cd799439011"),
  IsMultibyte: plain(cv.IsMultibyte, "ひら"),
  IsSurrogatePair: plain(cv.IsSurrogatePair, "a😀"),
  IsUrl: each(
    [(o) => cv.IsUrl({}, o), (o) => cv.IsUrl({ require_protocol: true }, o)],
    "https://b.co/x?y=1",
    "b.co",
  ),
  IsUUID: each(
    [(o) => cv.IsUUID(undefined, o), (o) => cv.IsUUID("4", o), (o) => cv.IsUUID(["1", "4"], o)],
    uuid4,
  ),
  IsFirebasePushId: plain(cv.IsFirebasePushId, "-M-Jh_1KAH5yAwFgHdpC"),
  IsUppercase: plain(cv.IsUppercase, "UPPER"),
  Length: each(
    [(o) => cv.Length(2, 5, o), (o) => cv.Length(3, undefined, o), (o) => cv.Length(4, 100, o)],
    ..."ab abcde ab😀 😀😀😀 ☁️☁️ 👨‍👩‍👧".split(" "),
    ..."a".repeat(100),
  ),
  MaxLength: each([(o) => cv.MaxLength(4, o), (o) => cv.MaxLength(0, o)], "", "abcd", "😀😀😀😀", "☁️☁️☁️☁️"),
  MinLength: each([(o) => cv.MinLength(3, o), (o) => cv.MinLength(0, o)], "", "abc", "😀😀😀"),
  Matches: each(
    [(o) => cv.Matches(/^[a-z]+$/, o), (o) => cv.Matches("^[a-z]+$", "i", o), (o) => cv.Matches(/a/g, o)],
    "abc",
    "ABC",
  ),
  IsPhoneNumber: each(
    [(o) => cv.IsPhoneNumber(undefined, o), (o) => cv.IsPhoneNumber("DE", o)],
    "+493012345678",
    "030 12345678",
  ),
  IsMilitaryTime: plain(cv.IsMilitaryTime, "23:59"),
  IsHash: each([(o) => cv.IsHash("md5", o)], "d41d8cd98f00b204e9800998ecf8427e"),
  IsISSN: each([(o) => cv.IsISSN({}, o)], "0378-5955"),
  IsDateString: each(
    [(o) => cv.IsDateString({}, o), (o) => cv.IsDateString({ strict: true }, o)],
    "2024-01-02T03:04:05Z",
  ),
  IsBooleanString: plain(cv.IsBooleanString, "true", "0"),
  IsNumberString: each(
    [(o) => cv.IsNumberString({}, o), (o) => cv.IsNumberString({ no_symbols: true }, o)],
    "12",
    "-1.5",
  ),
  IsBase32: plain(cv.IsBase32, "JBSWY3DP"),
  IsBIC: plain(cv.IsBIC, "DEUTDEFF"),
  IsBtcAddress: plain(cv.IsBtcAddress, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
  IsDataURI: plain(cv.IsDataURI, "data:text/plain;base64,aGVsbG8="),
  IsEAN: plain(cv.IsEAN, "4006381333931"),
  IsEthereumAddress: plain(cv.IsEthereumAddress, "0x52908400098527886E0F7030069857D2E4169EE7"),
  IsHSL: plain(cv.IsHSL, "hsl(360,100%,50%)"),
  IsIBAN: each([(o) => cv.IsIBAN(undefined, o)], "DE89370400440532013000"),
  IsIdentityCard: each([(o) => cv.IsIdentityCard("ES", o), (o) => cv.IsIdentityCard("IT", o)], "99999999R"),
  IsISRC: plain(cv.IsISRC, "USAT29900609"),
  IsLocale: plain(cv.IsLocale, "de_DE"),
  IsMagnetURI: plain(cv.IsMagnetURI, `magnet:?xt=urn:btih:${"0123456789abcdef0123456789abcdef01234567"}`),
  IsMimeType: plain(cv.IsMimeType, "text/plain"),
  IsOctal: plain(cv.IsOctal, "0o17"),
  IsPassportNumber: each([(o) => cv.IsPassportNumber("US", o)], "123456789"),
  IsPostalCode: each([(o) => cv.IsPostalCode("DE", o), (o) => cv.IsPostalCode("any", o)], "10115"),
  IsRFC3339: plain(cv.IsRFC3339, "2024-01-02T03:04:05Z"),
  IsRgbColor: each(
    [(o) => cv.IsRgbColor(true, o), (o) => cv.IsRgbColor(false, o)],
    "rgb(1,2,3)",
    "rgb(5%,5%,5%)",
  ),
  IsSemVer: plain(cv.IsSemVer, "1.2.3-beta.1"),
  IsStrongPassword: each(
    [(o) => cv.IsStrongPassword({}, o), (o) => cv.IsStrongPassword({ minLength: 3 }, o)],
    "aB3$efgh",
  ),
  IsTimeZone: plain(cv.IsTimeZone, "Europe/Berlin"),
  IsBase58: plain(cv.IsBase58, "3mJr7AoUXx2Wqd"),
  IsTaxId: each([(o) => cv.IsTaxId("en-US", o), (o) => cv.IsTaxId(undefined, o)], "01-1234567"),
  IsISO4217CurrencyCode: plain(cv.IsISO4217CurrencyCode, "EUR"),
  IsISO6391: plain(cv.IsISO6391, "de"),
  IsBoolean: plain(cv.IsBoolean, true, false),
  IsDate: plain(cv.IsDate, may, new Date(Number.NaN)),
  IsNumber: each(
    [
      (o) => cv.IsNumber({}, o),
      (o) => cv.IsNumber({ allowNaN: true, allowInfinity: true }, o),
      (o) => cv.IsNumber({ maxDecimalPlaces: 2 }, o),
    ],
    ...[1.25, 1e-7, 1e21, -0, Number.NaN, Number.POSITIVE_INFINITY],
  ),
  IsEnum: each([(o) => cv.IsEnum(Color, o), (o) => cv.IsEnum(Level, o)], "RED", 7, "HIGH"),
  IsInt: plain(cv.IsInt, 3, -0),
  IsString: plain(cv.IsString, "text", new String("boxed")),
  IsArray: plain(cv.IsArray, [], [1]),
  IsObject: plain(cv.IsObject, {}, new Instance()),
  ArrayContains: each([(o) => cv.ArrayContains(["a"], o)], ["a", "b"]),
  ArrayNotContains: each([(o) => cv.ArrayNotContains(["a"], o)], ["b"]),
  ArrayNotEmpty: plain(cv.ArrayNotEmpty, ["x"]),
  ArrayMinSize: each([(o) => cv.ArrayMinSize(2, o)], ["x", "y"]),
  ArrayMaxSize: each([(o) => cv.ArrayMaxSize(2, o)], ["x"], []),
  ArrayUnique: each(
    [(o) => cv.ArrayUnique(o), (o) => cv.ArrayUnique((x) => String(x), o)],
    ["x", "y"],
    [1, "1"],
  ),
  IsNotEmptyObject: each(
    [(o) => cv.IsNotEmptyObject({}, o), (o) => cv.IsNotEmptyObject({ nullable: false }, o)],
    { a: 1 },
    { a: null },
  ),
  IsInstance: each([(o) => cv.IsInstance(Instance, o)], new Instance()),
};

/** Decorators that need more than a value: the fuzz places them by itself. */
export const structural = ["IsOptional", "ValidateIf", "ValidateNested", "Validate", "ValidateBy"];

/** What class-validator exports besides, with the reason why the fuzz leaves it out. */
export const leftOut: Readonly<Record<string, string>> = {
  ValidatePromise: "no decoded message holds a promise",
  ValidatorConstraint: "stands on a class; the fuzz's custom constraint carries it",
  ValidationError: "no decorator",
  ValidationTypes: "no decorator",
  Validator: "no decorator",
  MetadataStorage: "no decorator",
};
