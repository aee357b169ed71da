import type { handleUnaryCall, Metadata, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { GoogleStatus } from './status.ts';

/** Answers one call. Throws GoogleStatus. */
export type Answer = (method: string, request: object, metadata: Metadata) => Promise<object>;

/** 64-bit numbers as numbers, bytes as Buffer, enum values by name, everything unset filled in. */
const plain = { longs: Number, enums: String, bytes: Buffer, defaults: true } as const;

/** A gRPC service from a client package's own descriptors, all of its methods answered in one place. */
export function serve(
  descriptors: protobuf.INamespace,
  serviceName: string,
  answer: Answer,
): [ServiceDefinition, UntypedServiceImplementation] {
  const service = protobuf.Root.fromJSON(descriptors).lookupService(serviceName);
  service.root.resolveAll();
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: Record<string, handleUnaryCall<object, object>> = {};
  for (const method of service.methodsArray) {
    definition[method.name] = describe(serviceName, method);
    implementation[method.name] = (call, callback) => {
      answer(method.name, call.request, call.metadata).then(
        (response) => callback(null, response),
        (error: unknown) => callback(error instanceof GoogleStatus ? error : { code: 13, details: String(error) }),
      );
    };
  }
  return [definition, implementation];
}

function describe(serviceName: string, method: protobuf.Method): ServiceDefinition[string] {
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  if (!request || !response) throw new Error(`the descriptors lack the messages of ${method.name}`);
  return {
    path: `/${serviceName}/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: object) => encode(request, value),
    requestDeserialize: (bytes: Buffer) => request.toObject(request.decode(bytes), plain),
    responseSerialize: (value: object) => encode(response, value),
    responseDeserialize: (bytes: Buffer) => response.toObject(response.decode(bytes), plain),
  };
}

function encode(type: protobuf.Type, value: object): Buffer {
  return Buffer.from(type.encode(type.fromObject(value)).finish());
}
