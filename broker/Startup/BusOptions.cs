using System.CommandLine;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Forwarding;
using XcpBroker.Tokens;
using XcpBroker.Transport;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary>Which bus a tool is to go to, and as whom: options that forward and doctor have in common.</summary>
internal sealed class BusOptions
{
    private readonly Option<string[]> _address;
    private readonly Option<string[]> _tokenFile = Value("--token-file", "FILE", "The secret that proves which domain this is: mechanism XCP_TOKEN (else as xenstore says).");
    private readonly Option<string[]> _domain = Value("--domain", "NAME", "The domain, where the token file does not name it.");

    /// <param name="addressOption">The name of the option that says where the bus is.</param>
    internal BusOptions(string addressOption) =>
        _address = Value(addressOption, "ADDRESS", "The bus (else /etc/xcp-bus/address, else xcp.bus= of the kernel's command line, else as xenstore says).");

    internal IEnumerable<Option> All => [_address, _tokenFile, _domain];

    /// <exception cref="StartException">The words are wrong, or nobody could say where the bus is.</exception>
    internal BusFinder Choose(ParseResult result) => Find(result, out string? problem) ?? throw BusLocator.NobodySays(problem!);

    /// <summary>As <see cref="Choose"/>; null: nobody could say where the bus is.</summary>
    /// <param name="result">The words.</param>
    /// <param name="problem">Why xenstore could not.</param>
    /// <exception cref="StartException">The words are wrong.</exception>
    internal BusFinder? Find(ParseResult result, out string? problem)
    {
        LocatedBus? located = Single(result, _address) is { } written
            ? new LocatedBus(written, $"option {_address.Name}")
            : BusLocator.OfThisMachine.Find();
        DomainToken? token = Single(result, _tokenFile) is { } file ? TokenFile.Read(file) : null;
        bool isComplete = located is not null && (token ?? located.Token) is not null;
        problem = null;
        XenstoreBus? xenstore = isComplete ? null : XenstoreBus.OfThisMachine(out problem);
        if (located is null && xenstore is null)
        {
            return null;
        }

        BusFinder finder = new(located, token, Single(result, _domain), xenstore, Transports.Known);
        if (finder.IsFixed)
        {
            _ = finder.Find(TimeSpan.Zero); // what is wrong is said at once
        }

        return finder;
    }
}
