using System.CommandLine;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Forwarding;
using XcpBroker.Keyrings;
using XcpBroker.Tokens;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary><c>xcp-broker cookie</c>: lets this user's stock clients prove by DBUS_COOKIE_SHA1 which domain they are in. docs/driver-domains.md.</summary>
internal sealed class CookieCommand
{
    private readonly Option<string[]> _tokenFile = Value("--token-file", "FILE", "The secret of this domain (else this machine's, where its bus is told).");
    private readonly Option<string[]> _domain = Value("--domain", "NAME", "The domain, where the token file does not name it.");

    internal CookieCommand()
    {
        Command = new Command("cookie", "Write the cookie of this domain into this user's keyring, for clients that know no XCP_TOKEN; it lasts for seven minutes.");
        Command.Options.Add(_tokenFile);
        Command.Options.Add(_domain);
    }

    internal Command Command { get; }

    /// <returns>0.</returns>
    /// <exception cref="StartException">There is no token, or no place for the cookie.</exception>
    internal int Run(ParseResult result)
    {
        RefuseUnknown(result);
        DomainToken token = Single(result, _tokenFile) is { } file ? TokenFile.Read(file)
            : BusLocator.OfThisMachine.Find()?.Token ?? throw new StartException("this machine has no token: --token-file FILE must name it");
        string domain = Single(result, _domain) ?? token.Name ?? throw new StartException("the token file does not name the domain: --domain NAME must");
        OwnUser user = new();
        string home = user.Home ?? throw new StartException($"uid {user.UserId} has no home directory");
        try
        {
            using KeyringDirectory directory = KeyringDirectory.Open($"{home}/.dbus-keyrings", user.UserId);
            Cookie cookie = DomainCookie.Make(domain, token.Secret.Span, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
            directory.Replace(DomainCookie.Context, KeyringFile.Format([cookie]));
            return 0;
        }
        catch (IOException e)
        {
            throw new StartException(e.Message);
        }
    }
}
