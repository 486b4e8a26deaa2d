using Microsoft.Extensions.Logging.Abstractions;
using XcpBroker;
using XcpBroker.Config;

if (!AddressParser.TryParse(args[0], out IReadOnlyList<ListenAddress>? list, out string? error))
{
    Console.Error.WriteLine(error);
    return 1;
}

using RunningBus bus = RunningBus.Start(
    new BrokerOptions { Addresses = list, Surroundings = new AddressSurroundings("/tmp", null) }, NullLoggerFactory.Instance);
Console.WriteLine(string.Join(';', bus.Addresses));
bus.Stopped.Wait();
return 0;
