using System.Text;

namespace XcpBroker.Auth.Sasl;

/// <summary>The mechanisms that a listener offers, in the order in which REJECTED names them.</summary>
public sealed class SaslMechanisms
{
    private readonly SaslMechanism[] _mechanisms;
    private readonly byte[][] _names;
    private readonly byte[] _rejected;

    /// <summary>Offers these, and no others.</summary>
    public SaslMechanisms(params ReadOnlySpan<SaslMechanism> mechanisms)
    {
        _mechanisms = mechanisms.ToArray();
        _names = Array.ConvertAll(_mechanisms, mechanism => Encoding.ASCII.GetBytes(mechanism.Name));
        _rejected = Encoding.ASCII.GetBytes(string.Join(' ', ["REJECTED", .. Array.ConvertAll(_mechanisms, mechanism => mechanism.Name)]) + "\r\n");
    }

    /// <summary>EXTERNAL alone: what a Unix socket offers.</summary>
    public static SaslMechanisms ExternalOnly { get; } = new(new ExternalMechanism());

    /// <summary>The REJECTED line with its CR LF; always the same, as the specification demands.</summary>
    public ReadOnlySpan<byte> RejectedLine => _rejected;

    /// <summary>The mechanism of that name, or null.</summary>
    public SaslMechanism? Find(ReadOnlySpan<byte> name)
    {
        for (int index = 0; index < _names.Length; index++)
        {
            if (name.SequenceEqual(_names[index]))
            {
                return _mechanisms[index];
            }
        }

        return null;
    }
}
