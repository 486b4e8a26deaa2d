using System.Diagnostics.CodeAnalysis;
using XcpBroker.Config.Domains;

namespace XcpBroker.Config;

/// <summary>What configurations can say of a transport: its addresses, and where peers of a domain come from by it. One derived class per transport.</summary>
/// <param name="name">What stands before the colon of its addresses.</param>
public abstract class TransportSyntax(string name)
{
    /// <summary>What stands before the colon of its addresses.</summary>
    public string Name { get; } = name;

    /// <summary>The attribute of <c>&lt;source&gt;</c> that says where peers come from; null: it cannot be said.</summary>
    public virtual string? SourceAttribute => null;

    /// <summary>Reads what stands behind the colon; the guid is taken already.</summary>
    /// <param name="pairs">Its keys, of which each that is known is to be taken.</param>
    /// <param name="address">The address.</param>
    /// <param name="error">What is wrong.</param>
    public abstract bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error);

    /// <summary>Reads the value of <see cref="SourceAttribute"/>.</summary>
    /// <param name="text">The value.</param>
    /// <param name="source">What it says.</param>
    /// <param name="error">What is wrong, naming the attribute and its value.</param>
    public virtual bool TryReadSource(string text, [NotNullWhen(true)] out DomainSource? source, [NotNullWhen(false)] out string? error)
    {
        source = null;
        error = $"{Name}: has no sources";
        return false;
    }
}
