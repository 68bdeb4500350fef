import type { MessageCodec, MessageDescriptor, MessageShape } from "../../rpc/index.js";
import type { MessageForm } from "../options.js";
import type { MessageType, TypeRegistry } from "../type-registry.js";
import { WireReader } from "../wire/reader.js";
import { WireWriter } from "../wire/writer.js";
import { compileDecoder, type Decode } from "./decoder.js";
import { compileEncoder, type Encode, hasOwnForm } from "./encoder.js";
import { describe, FieldError, toTypeError } from "./field-error.js";
import { adaptDecoder, adaptEncoder } from "./time-forms.js";

/** The codecs of all types of a registry, in one form. Each is compiled when it is first used. */
export class CodecSet {
  readonly #registry: TypeRegistry;
  readonly #form: MessageForm;
  readonly #encoders = new Map<MessageType, { encode: Encode }>();
  readonly #decoders = new Map<MessageType, { decode: Decode }>();
  readonly #shaped = new WeakMap<MessageShape, Map<MessageType, { decode: Decode }>>();
  readonly #codecs = new Map<string, CompiledCodec>();

  constructor(registry: TypeRegistry, form: MessageForm) {
    this.#registry = registry;
    this.#form = form;
  }

  /** The codec of a type by its full name, undefined if there is no such type. */
  find(typeName: string): MessageCodec | undefined {
    const known = this.#codecs.get(typeName);
    if (known !== undefined) return known;
    const type = this.#registry.messages.get(typeName);
    if (type === undefined) return undefined;
    const codec = new CompiledCodec(type, this, undefined);
    this.#codecs.set(typeName, codec);
    return codec;
  }

  hasOwnForm(type: MessageType): boolean {
    return hasOwnForm({ type: type.typeName }, this.#form);
  }

  encoder(type: MessageType): { encode: Encode } {
    let encoder = this.#encoders.get(type);
    if (encoder === undefined) {
      const created: { encode: Encode } = {
        encode: (message, writer) => {
          created.encode = adaptEncoder(
            compileEncoder(type, this.#form, (nested) => this.encoder(nested)),
            type,
            this.#form,
          );
          created.encode(message, writer);
        },
      };
      encoder = created;
      this.#encoders.set(type, encoder);
    }
    return encoder;
  }

  decoder(type: MessageType, shape: MessageShape | undefined): { decode: Decode } {
    const decoders = shape === undefined ? this.#decoders : this.#decodersOf(shape);
    let decoder = decoders.get(type);
    if (decoder === undefined) {
      const created: { decode: Decode } = {
        decode: (reader, end, depth, message) => {
          const compiled = compileDecoder(type, this.#form, shape, (nested, nestedShape) =>
            this.decoder(nested, nestedShape),
          );
          created.decode = adaptDecoder(compiled, type, this.#form);
          return created.decode(reader, end, depth, message);
        },
      };
      decoder = created;
      decoders.set(type, decoder);
    }
    return decoder;
  }

  #decodersOf(shape: MessageShape): Map<MessageType, { decode: Decode }> {
    let decoders = this.#shaped.get(shape);
    if (decoders === undefined) {
      decoders = new Map();
      this.#shaped.set(shape, decoders);
    }
    return decoders;
  }
}

let idleWriter: WireWriter | undefined = new WireWriter();

class CompiledCodec implements MessageCodec {
  readonly message: MessageDescriptor;
  readonly #type: MessageType;
  readonly #codecs: CodecSet;
  /** Whether values are no objects. */
  readonly #hasOwnForm: boolean;
  readonly #encoder: { encode: Encode };
  readonly #decoder: { decode: Decode };

  constructor(type: MessageType, codecs: CodecSet, shape: MessageShape | undefined) {
    this.message = type;
    this.#type = type;
    this.#codecs = codecs;
    this.#hasOwnForm = codecs.hasOwnForm(type);
    this.#encoder = codecs.encoder(type);
    this.#decoder = codecs.decoder(type, shape);
  }

  encode(value: unknown): Buffer {
    if ((typeof value !== "object" || value === null || Array.isArray(value)) && !this.#hasOwnForm) {
      throw new TypeError(`${this.#type.typeName}: expected an object, got ${describe(value)}`);
    }
    // A getter of the message may encode another one meanwhile.
    const writer = idleWriter ?? new WireWriter();
    idleWriter = undefined;
    writer.begin();
    try {
      this.#encoder.encode(value, writer);
      return writer.finish();
    } catch (error) {
      writer.abandon();
      if (error instanceof FieldError) throw toTypeError(error, this.#type, value);
      // The stack is full: some message holds itself.
      if (error instanceof RangeError)
        throw new TypeError(`${this.#type.typeName}: nested too deeply`, { cause: error });
      throw error;
    } finally {
      idleWriter = writer;
    }
  }

  decode(bytes: Uint8Array): unknown {
    return this.#decoder.decode(new WireReader(bytes), bytes.length, 0, undefined);
  }

  withShape(shape: MessageShape): MessageCodec {
    return new CompiledCodec(this.#type, this.#codecs, shape);
  }
}
