using XcpBroker.Protocol;

namespace XcpBroker.Activation;

/// <summary>Names whose last start failed: until some time has passed they fail again with the same error, and nothing is run.</summary>
/// <remarks>
/// So a client that tries again and again does not keep the host busy with a program that cannot run. dbus-daemon has no such rule;
/// systemd's start limit is the model (systemd.unit(5), StartLimitIntervalSec=).
/// At most one entry a descriptor, since only what has one is ever started.
/// </remarks>
internal sealed class StartBackOff(TimeProvider clock)
{
    /// <summary>After the first failure; it doubles with each further one in a row. The restart delay that systemd units mostly choose.</summary>
    internal static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    /// <summary>The most: about what a client waits for one reply, so that the next call of one that has given up may start it again.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Entry> _failed = new(StringComparer.Ordinal);

    /// <summary>Whether it is too early to try again, what went wrong, and how long it will be.</summary>
    internal bool IsTooEarly(string name, out DBusError error, out TimeSpan left)
    {
        bool isKnown = _failed.TryGetValue(name, out Entry entry);
        error = entry.Error;
        left = isKnown ? entry.Delay - clock.GetElapsedTime(entry.Since) : TimeSpan.Zero;
        return left > TimeSpan.Zero;
    }

    internal void Failed(string name, DBusError error)
    {
        TimeSpan delay = _failed.TryGetValue(name, out Entry before) ? before.Delay * 2 : First;
        _failed[name] = new Entry(error, clock.GetTimestamp(), delay < Longest ? delay : Longest);
    }

    internal void Succeeded(string name) => _failed.Remove(name);

    /// <summary>The descriptors were read anew: perhaps somebody has mended one.</summary>
    internal void Clear() => _failed.Clear();

    private readonly record struct Entry(DBusError Error, long Since, TimeSpan Delay);
}
