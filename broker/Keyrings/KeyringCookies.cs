using System.Globalization;
using Microsoft.Extensions.Logging;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Diagnostics;
using XcpBroker.Interop;
using XcpBroker.Loop;

namespace XcpBroker.Keyrings;

/// <summary>Cookies for the clients of one bus, looked for on another thread: files and the host's users may be slow, and a lock taken.</summary>
/// <param name="keyring">Of the bus's own user; no other's is ever opened.</param>
/// <param name="owner">The user.</param>
/// <param name="runElsewhere">Does one piece of work after the other, off the loop.</param>
/// <param name="runOnLoop">Does work on the loop, later.</param>
/// <param name="log">Where it says that the keyring cannot be used.</param>
internal sealed class KeyringCookies(
    Keyring keyring, IKeyringOwner owner, Action<Action> runElsewhere, Action<Action> runOnLoop, ILogger log) : ICookieSource
{
    private const int ChallengeBytes = 16;
    private bool _isFailing; // of the thread elsewhere

    /// <summary>Of the user that the broker runs as.</summary>
    internal static unsafe KeyringCookies OfOwnUser(BusLoop loop, ILogger log)
    {
        OwnUser owner = new();
        Keyring keyring = new(owner, loop.Clock, static delay => _ = LibC.Poll(null, 0, (int)delay.TotalMilliseconds));
        return new KeyringCookies(
            keyring, owner, new SerialWorker().Run, work => loop.Schedule(static state => ((Action)state!)(), work), log);
    }

    public void Find(string user, Action<CookieOffer?> found) => runElsewhere(() =>
    {
        CookieOffer? offer = Find(user);
        runOnLoop(() => found(offer));
    });

    private CookieOffer? Find(string user)
    {
        // The host is asked for our own name and never for the peer's: whoever can connect could keep a directory server busy.
        uint id = owner.UserId;
        if (user != id.ToString(CultureInfo.InvariantCulture) && user != owner.Name)
        {
            return null;
        }

        try
        {
            Cookie cookie = keyring.OfferCookie();
            if (_isFailing)
            {
                AuthenticationLog.KeyringWorks(log);
            }

            _isFailing = false;
            return new CookieOffer(Keyring.Context, cookie, Convert.ToHexStringLower(SecureRandom.Bytes(ChallengeBytes)), id, owner.Groups);
        }
        catch (IOException e)
        {
            if (!_isFailing)
            {
                AuthenticationLog.KeyringFailed(log, e.Message);
            }

            _isFailing = true;
            return null;
        }
    }
}
