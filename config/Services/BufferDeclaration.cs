using System.Diagnostics.CodeAnalysis;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Config.Services;

/// <summary>That messages to a name wait for its owner while it has none, and how many, how much and how long.</summary>
/// <remarks>From <c>X-XCP-Buffer=yes</c> and what goes with it in a descriptor, or from <c>&lt;buffer&gt;</c> in the configuration.</remarks>
public sealed record BufferDeclaration
{
    private const string Switch = "X-XCP-Buffer";
    private const string Subscribe = "X-XCP-Subscribe";

    /// <summary>The keys of a descriptor that say how, and the attributes of <c>&lt;buffer&gt;</c> that say the same.</summary>
    private static readonly (string Key, string Attribute)[] Settings =
    [
        ("X-XCP-BufferMessages", "messages"), ("X-XCP-BufferBytes", "bytes"), ("X-XCP-BufferTimeout", "timeout"), ("X-XCP-BufferTTL", "ttl"),
        ("X-XCP-OnFull", "on_full"), ("X-XCP-Durable", "durable"), ("X-XCP-Ack", "ack"), ("X-XCP-MaxDeliveries", "max_deliveries"),
    ];

    /// <summary>What most clients wait for a reply: libdbus, sd-bus and GDBus alike.</summary>
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(25);

    /// <summary>The attributes that <see cref="TrySet"/> knows.</summary>
    public static IReadOnlyList<string> Attributes { get; } = [.. Settings.Select(setting => setting.Attribute)];

    /// <summary>messages: of all senders together; one sender gets at most half of what the others leave.</summary>
    public int MaxMessages { get; init; } = 1000;

    /// <summary>bytes: of these messages, shared likewise.</summary>
    public long MaxBytes { get; init; } = 4 << 20;

    /// <summary>timeout: how long a call waits.</summary>
    /// <remarks>20 s: most clients wait 25 s for a reply, and a call must not run when its caller has given up.</remarks>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>ttl: how long a signal, or a call that wants no answer, waits.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>on_full: a sender whose share is full loses its oldest message (drop-oldest), or the new one is refused (reject).</summary>
    public bool DropsOldest { get; init; }

    /// <summary>durable: messages that want no answer are kept on disk until their receiver has them.</summary>
    public bool IsDurable { get; init; }

    /// <summary>ack: it has them when it says so (explicit: org.xen.xcp.Broker1.Ack), or when it has read them (read).</summary>
    public bool NeedsAck { get; init; }

    /// <summary>max_deliveries: a durable message that so many owners died of is set aside.</summary>
    public int MaxDeliveries { get; init; } = 5;

    /// <summary>X-XCP-Subscribe: signals for all that match one of these wait too. Not of a <c>&lt;buffer&gt;</c>, since that names no names.</summary>
    public IReadOnlyList<MatchRule> Subscriptions { get; init; } = [];

    /// <summary>What is strange about it, or null.</summary>
    public string? Remark => CallTimeout > ClientPatience
        ? $"a call may wait for {UnitText.Seconds(CallTimeout)}, and run when its caller has given up: most wait for {UnitText.Seconds(ClientPatience)}"
        : null;

    /// <summary>Reads the extensions of a descriptor.</summary>
    /// <param name="descriptor">Its <see cref="ServiceDescriptor.Extensions"/>; others than those that are meant are ignored.</param>
    /// <param name="declaration">Null: nothing waits.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryRead(ServiceDescriptor descriptor, out BufferDeclaration? declaration, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        declaration = new BufferDeclaration();
        bool isDeclared = false;
        foreach ((string key, string value) in descriptor.Extensions)
        {
            if (key == Subscribe)
            {
                if (!SubscriptionText.TryParse(value, out IReadOnlyList<MatchRule>? rules, out error))
                {
                    error = $"{key}: {error}";
                    return false;
                }

                declaration = declaration with { Subscriptions = rules };
                continue;
            }

            string? attribute = Array.Find(Settings, setting => setting.Key == key).Attribute;
            bool isTaken = key == Switch ? UnitText.TryParseBoolean(value, out isDeclared) : attribute is null || TrySet(attribute, value, ref declaration);
            if (!isTaken)
            {
                error = $"{key}: '{value}' is no value of it";
                return false;
            }
        }

        declaration = isDeclared || declaration.IsDurable || declaration.Subscriptions.Count > 0 ? declaration : null;
        error = null;
        return true;
    }

    /// <summary>Whether a descriptor says that nothing waits, whatever the configuration says of the names around its own.</summary>
    public static bool IsForbidden(ServiceDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        return descriptor.Buffer is null && descriptor.Extension(Switch) is not null;
    }

    /// <summary>Sets what one of the <see cref="Attributes"/> means.</summary>
    /// <param name="attribute">Which.</param>
    /// <param name="value">Its text.</param>
    /// <param name="declaration">What is changed.</param>
    /// <returns>False: that is no value of it.</returns>
    public static bool TrySet(string attribute, string value, ref BufferDeclaration declaration)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        long number;
        TimeSpan time;
        bool isSet;
        BufferDeclaration? changed = attribute switch
        {
            "messages" when UnitText.TryParseBytes(value, out number) && number <= int.MaxValue => declaration with { MaxMessages = (int)number },
            "bytes" when UnitText.TryParseBytes(value, out number) => declaration with { MaxBytes = number },
            "timeout" when UnitText.TryParseTime(value, out time) => declaration with { CallTimeout = time },
            "ttl" when UnitText.TryParseTime(value, out time) => declaration with { TimeToLive = time },
            "on_full" when value is "reject" or "drop-oldest" => declaration with { DropsOldest = value == "drop-oldest" },
            "durable" when UnitText.TryParseBoolean(value, out isSet) => declaration with { IsDurable = isSet },
            "ack" when value is "explicit" or "read" => declaration with { NeedsAck = value == "explicit" },
            "max_deliveries" when UnitText.TryParseBytes(value, out number) && number is > 0 and <= int.MaxValue => declaration with { MaxDeliveries = (int)number },
            _ => null,
        };
        declaration = changed ?? declaration;
        return changed is not null;
    }
}
