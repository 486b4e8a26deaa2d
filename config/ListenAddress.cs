namespace XcpBroker.Config;

/// <summary>One address a bus is to listen on, as configured, or a client to connect to: a transport and what it needs to know.</summary>
/// <remarks>Source: D-Bus specification, "Server Addresses". One derived record per transport.</remarks>
public abstract record ListenAddress
{
    /// <summary>The id that connections through this address are given, 32 lower-case hex digits; null: a random one is made at start.</summary>
    public string? Guid { get; init; }

    /// <summary>listen domain: the name of the domain that whoever connects there is in; null: it is no domain's.</summary>
    public string? Domain { get; init; }

    /// <summary>listen identity="address": the network lets nobody send from another's address, so it proves a domain.</summary>
    public bool TrustsAddresses { get; init; }

    /// <summary>The transport's name: what stands before the colon.</summary>
    public abstract string Transport { get; }

    /// <summary>Whether peers come from addresses that could be another's, so that <see cref="TrustsAddresses"/> says something.</summary>
    public virtual bool HasForgeablePeers => false;

    /// <summary>Why nobody can connect to it, whatever is there; null: one can.</summary>
    public virtual string? ConnectProblem => "this kind of address cannot be connected to";

    /// <summary>The keys and escaped values of this address but the guid, as <c>key=value,...</c>.</summary>
    protected abstract string Values { get; }

    /// <summary>Whether who connects to the other address comes here. What is between may change addresses, but hardly ports.</summary>
    /// <param name="other">As a client in a domain is told it.</param>
    public virtual bool IsReachedBy(ListenAddress other) => false;

    /// <summary>The address in the specification's text form; <see cref="AddressParser"/> reads it back to an equal value.</summary>
    public sealed override string ToString()
    {
        string values = Values;
        return Guid is null ? $"{Transport}:{values}" : $"{Transport}:{values}{(values.Length > 0 ? "," : "")}guid={Guid}";
    }
}
