using XcpBroker.Startup;

namespace XcpBroker;

internal static class Program
{
    private static int Main(string[] args) => EntryPoint.Run(args);
}
