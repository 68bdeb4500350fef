/** A service of ten lines, as the first page of the docs has it. */
import { IsNotEmpty } from "class-validator";
import { GrpcMethod, GrpcService, Module } from "grebe";

class HelloRequest {
  @IsNotEmpty() name!: string;
}

@GrpcService("greet.v1.Greeter")
class Greeter {
  @GrpcMethod()
  sayHello(request: HelloRequest) {
    return { text: `Hello, ${request.name}!` };
  }
}

@Module({ controllers: [Greeter], protos: ["greeter.proto"] })
export class AppModule {}
