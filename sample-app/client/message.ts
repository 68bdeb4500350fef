import type { MethodDescriptor } from "grebe";

export type Message = Record<string, unknown>;
type MessageType = MethodDescriptor["request"]["message"];
type Field = MessageType["fields"][number];

/** Text that is no message. */
export class MessageError extends Error {
  override readonly name = "MessageError";
}

/** Reads a message from JSON; fields may be named as in code or as in the proto. Throws a {@link MessageError}. */
export function parseMessage(json: string, type: MessageType): Message {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new MessageError(`this is no JSON: ${json}\n${(error as Error).message}`);
  }
  return toMessage(value, type);
}

function toMessage(value: unknown, type: MessageType): Message {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MessageError(
      `expected an object with the fields of ${type.typeName}, got ${JSON.stringify(value)}`,
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => {
      const field = type.fields.find((candidate) => candidate.localName === name || candidate.name === name);
      if (field === undefined) {
        const names = type.fields.map(({ localName }) => localName).join(", ");
        throw new MessageError(`${type.typeName} has no field "${name}"; its fields are ${names}`);
      }
      return [field.localName, toContent(content, field)];
    }),
  );
}

function toContent(content: unknown, { message, repeated }: Field): unknown {
  if (message === undefined || content === null) return content;
  if (!repeated) return toMessage(content, message);
  return Array.isArray(content) ? content.map((element) => toMessage(element, message)) : content;
}

/** A message as one line of JSON, its fields in the order of the proto. */
export function formatMessage(message: unknown, type: MessageType): string {
  return JSON.stringify(toOrdered(message as Message, type));
}

function toOrdered(message: Message, type: MessageType): Message {
  return Object.fromEntries(
    type.fields
      .filter(({ localName }) => message[localName] !== undefined && message[localName] !== null)
      .map((field) => [field.localName, toOrderedContent(message[field.localName], field)]),
  );
}

function toOrderedContent(content: unknown, { message, repeated }: Field): unknown {
  if (message === undefined) return content;
  if (repeated) return (content as Message[]).map((element) => toOrdered(element, message));
  return toOrdered(content as Message, message);
}
