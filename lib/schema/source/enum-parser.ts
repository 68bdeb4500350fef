import type {
  EnumDescriptorProto,
  EnumValueDescriptorProto,
  ExtensionRange,
  NumberRange,
} from "../file-descriptor.js";
import { parseBracketOptions } from "./option-parser.js";
import { claimName, joinName, type ParseContext } from "./parse-context.js";

const int32Max = 2_147_483_647;
const int32Min = -2_147_483_648;

export function parseEnum(context: ParseContext, enums: EnumDescriptorProto[], scope: string): void {
  const { cursor } = context;
  const { leadingComment, ...place } = cursor.next();
  const name = cursor.identifier("the name of an enum");
  const declaration: EnumDescriptorProto = { name, value: [], reservedRange: [], reservedName: [] };
  enums.push(declaration);
  const names = new Set<string>();
  context.block(declaration, "EnumOptions", joinName(scope, name), leadingComment, () => {
    if (cursor.at("reserved") && !cursor.followedBy("=")) {
      cursor.next();
      parseReserved(context, declaration, int32Min, int32Max, 0);
    } else parseEnumValue(context, declaration, names, scope);
  });
  if (declaration.value.length === 0) throw cursor.error(`enum ${name} has no value`, place);
}

function parseEnumValue(
  context: ParseContext,
  declaration: EnumDescriptorProto,
  names: Set<string>,
  scope: string,
): void {
  const { cursor } = context;
  const start = cursor.current;
  const value: EnumValueDescriptorProto = { name: cursor.identifier("the name of a value"), number: 0 };
  claimName(context, names, value.name, start);
  cursor.expect("=");
  value.number = cursor.integer("the number of a value", int32Min, int32Max);
  if (context.isProto3 && declaration.value.length === 0 && value.number !== 0) {
    throw cursor.error(`the first value of enum ${declaration.name} must be 0`, start);
  }
  declaration.value.push(value);
  context.setOptions(value, "EnumValueOptions", scope, parseBracketOptions(cursor));
  cursor.expect(";");
  context.comment(value, start.leadingComment);
}

/** `reserved 2, 4 to 7;` or `reserved "old";`, behind the keyword. The end of a stored range is `endOffset` away. */
export function parseReserved(
  { cursor }: ParseContext,
  target: { reservedRange: NumberRange[]; reservedName: string[] },
  minimum: number,
  maximum: number,
  endOffset: number,
): void {
  if (cursor.atKind("string")) {
    do target.reservedName.push(cursor.string("a reserved name"));
    while (cursor.take(","));
  } else target.reservedRange.push(...parseRanges(cursor, minimum, maximum, endOffset));
  cursor.expect(";");
}

export function parseRanges(
  cursor: ParseContext["cursor"],
  minimum: number,
  maximum: number,
  endOffset: number,
): ExtensionRange[] {
  const ranges: ExtensionRange[] = [];
  do {
    const start = cursor.integer("a number", minimum, maximum);
    let end = start;
    if (cursor.take("to")) end = cursor.take("max") ? maximum : cursor.integer("a number", start, maximum);
    ranges.push({ start, end: end + endOffset });
  } while (cursor.take(","));
  return ranges;
}
