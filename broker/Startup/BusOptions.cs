using System.CommandLine;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config;
using XcpBroker.Forwarding;
using XcpBroker.Interop;
using XcpBroker.Tokens;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary>Which bus a tool is to go to, and as whom: options that forward and doctor have in common.</summary>
internal sealed class BusOptions
{
    private readonly Option<string[]> _address;
    private readonly Option<string[]> _tokenFile = Value("--token-file", "FILE", "The secret that proves which domain this is: mechanism XCP_TOKEN.");
    private readonly Option<string[]> _domain = Value("--domain", "NAME", "The domain, where the token file does not name it.");

    /// <param name="addressOption">The name of the option that says where the bus is.</param>
    internal BusOptions(string addressOption) => _address = Value(addressOption, "ADDRESS", "The bus (else /etc/xcp-bus/address, else xcp.bus= of the kernel's command line).");

    internal IEnumerable<Option> All => [_address, _tokenFile, _domain];

    /// <exception cref="StartException">The words are wrong, or nobody says where the bus is.</exception>
    internal BusChoice Choose(ParseResult result) => Find(result) ?? throw BusLocator.NobodySays();

    /// <summary>As <see cref="Choose"/>; null: nobody says where the bus is.</summary>
    /// <exception cref="StartException">The words are wrong.</exception>
    internal BusChoice? Find(ParseResult result)
    {
        LocatedBus? located = Single(result, _address) is { } written
            ? new LocatedBus(written, $"option {_address.Name}")
            : BusLocator.OfThisMachine.Find();
        if (located is null)
        {
            return null;
        }

        if (!AddressParser.TryParse(located.Address, out IReadOnlyList<ListenAddress>? addresses, out string? error))
        {
            throw new StartException($"{located.Source}: {error}");
        }

        // A list is of the same bus, as the broker prints it.
        DomainToken? token = Single(result, _tokenFile) is { } file ? TokenFile.Read(file) : located.Token;
        string? name = Single(result, _domain) ?? token?.Name;
        return token is not null && name is null
            ? throw new StartException("the token file does not name the domain: --domain NAME must")
            : new BusChoice(addresses[0], located.Source, NewMechanism(token, name));
    }

    private static Func<SaslClientMechanism> NewMechanism(DomainToken? token, string? domain) => token is null
        ? static () => new ExternalClient(LibC.GetEffectiveUserId())
        : () => new XcpTokenClient(domain!, token.Secret, SecureRandom.Bytes(TokenProof.NonceBytes));
}

/// <summary>A bus, and how one proves oneself there.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Source">Who says so, for people.</param>
/// <param name="NewMechanism">For one conversation.</param>
internal sealed record BusChoice(ListenAddress Address, string Source, Func<SaslClientMechanism> NewMechanism);
