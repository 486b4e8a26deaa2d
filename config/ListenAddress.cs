namespace XcpBroker.Config;

/// <summary>One address a bus is to listen on, as configured: a transport and what it needs to know.</summary>
/// <remarks>Source: D-Bus specification, "Server Addresses". One derived record per transport.</remarks>
public abstract record ListenAddress
{
    private protected ListenAddress()
    {
    }

    /// <summary>The id that connections through this address are given, 32 lower-case hex digits; null: a random one is made at start.</summary>
    public string? Guid { get; init; }

    /// <summary>listen domain: the name of the domain that whoever connects there is in; null: it is no domain's.</summary>
    public string? Domain { get; init; }

    /// <summary>listen identity="address": the network lets nobody send from another's address, so a TCP address proves a domain.</summary>
    public bool TrustsAddresses { get; init; }

    /// <summary>The transport's name: what stands before the colon.</summary>
    public abstract string Transport { get; }

    /// <summary>The keys and escaped values of this address but the guid, as <c>key=value,...</c>.</summary>
    private protected abstract string Values { get; }

    /// <summary>The address in the specification's text form; <see cref="AddressParser"/> reads it back to an equal value.</summary>
    public sealed override string ToString()
    {
        string values = Values;
        return Guid is null ? $"{Transport}:{values}" : $"{Transport}:{values}{(values.Length > 0 ? "," : "")}guid={Guid}";
    }
}
