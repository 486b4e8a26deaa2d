using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config.Services;

/// <summary>That messages to a name wait for its owner while it has none, and how many, how much and how long.</summary>
/// <remarks>From <c>X-XCP-Buffer=yes</c> and what goes with it in a descriptor.</remarks>
public sealed record BufferDeclaration
{
    private static readonly FrozenSet<string> Keys = FrozenSet.Create(
        "X-XCP-BufferMessages", "X-XCP-BufferBytes", "X-XCP-BufferTimeout", "X-XCP-BufferTTL", "X-XCP-OnFull", "X-XCP-Durable", "X-XCP-Ack",
        "X-XCP-MaxDeliveries");

    /// <summary>X-XCP-BufferMessages: messages of all senders together; one sender gets at most half of what the others leave.</summary>
    public int MaxMessages { get; init; } = 1000;

    /// <summary>X-XCP-BufferBytes: bytes of them, shared likewise.</summary>
    public long MaxBytes { get; init; } = 4 << 20;

    /// <summary>X-XCP-BufferTimeout: how long a call waits.</summary>
    /// <remarks>20 s: most clients wait 25 s for a reply, and a call must not run when its caller has given up.</remarks>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>X-XCP-BufferTTL: how long a signal, or a call that wants no answer, waits.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>X-XCP-OnFull: a sender whose share is full loses its oldest message (drop-oldest), or the new one is refused (reject).</summary>
    public bool DropsOldest { get; init; }

    /// <summary>X-XCP-Durable: messages that want no answer are kept on disk until their receiver has them.</summary>
    public bool IsDurable { get; init; }

    /// <summary>X-XCP-Ack=explicit: it has them when it says so (org.xen.xcp.Broker1.Ack); otherwise when it has read them.</summary>
    public bool NeedsAck { get; init; }

    /// <summary>X-XCP-MaxDeliveries: a durable message that so many owners died of is set aside.</summary>
    public int MaxDeliveries { get; init; } = 5;

    /// <summary>Reads the extensions of a descriptor.</summary>
    /// <param name="descriptor">Its <see cref="ServiceDescriptor.Extensions"/>; others than those named here are ignored.</param>
    /// <param name="declaration">Null: nothing waits.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryRead(ServiceDescriptor descriptor, out BufferDeclaration? declaration, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        declaration = new BufferDeclaration();
        bool isDeclared = false;
        foreach (KeyValuePair<string, string> pair in descriptor.Extensions)
        {
            if (!TrySet(pair.Key, pair.Value, ref declaration, ref isDeclared))
            {
                error = $"{pair.Key}: '{pair.Value}' is no value of it";
                return false;
            }
        }

        declaration = isDeclared || declaration.IsDurable ? declaration : null;
        error = null;
        return true;
    }

    private static bool TrySet(string key, string value, ref BufferDeclaration declaration, ref bool isDeclared)
    {
        long bytes;
        TimeSpan time;
        bool isSet;
        switch (key)
        {
            case "X-XCP-Buffer":
                return UnitText.TryParseBoolean(value, out isDeclared);
            case "X-XCP-BufferMessages" when UnitText.TryParseBytes(value, out bytes) && bytes <= int.MaxValue:
                declaration = declaration with { MaxMessages = (int)bytes };
                return true;
            case "X-XCP-BufferBytes" when UnitText.TryParseBytes(value, out bytes):
                declaration = declaration with { MaxBytes = bytes };
                return true;
            case "X-XCP-BufferTimeout" when UnitText.TryParseTime(value, out time):
                declaration = declaration with { CallTimeout = time };
                return true;
            case "X-XCP-BufferTTL" when UnitText.TryParseTime(value, out time):
                declaration = declaration with { TimeToLive = time };
                return true;
            case "X-XCP-OnFull" when value is "reject" or "drop-oldest":
                declaration = declaration with { DropsOldest = value == "drop-oldest" };
                return true;
            case "X-XCP-Durable" when UnitText.TryParseBoolean(value, out isSet):
                declaration = declaration with { IsDurable = isSet };
                return true;
            case "X-XCP-Ack" when value is "explicit" or "read":
                declaration = declaration with { NeedsAck = value == "explicit" };
                return true;
            case "X-XCP-MaxDeliveries" when UnitText.TryParseBytes(value, out bytes) && bytes is > 0 and <= int.MaxValue:
                declaration = declaration with { MaxDeliveries = (int)bytes };
                return true;
            default:
                return !Keys.Contains(key);
        }
    }
}
