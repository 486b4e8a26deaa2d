using System.Text;
using XcpBroker.Protocol;

namespace XcpBroker.Driver;

/// <summary>One method of the bus: a row of the driver's table.</summary>
/// <param name="Interface">Its interface.</param>
/// <param name="Name">Its member name.</param>
/// <param name="InSignature">Signature of the arguments; any other is refused before the function runs.</param>
/// <param name="OutSignature">Signature of the reply.</param>
/// <param name="Function">What it does.</param>
internal sealed record DriverMethod(string Interface, string Name, string InSignature, string OutSignature, DriverFunction Function)
{
    /// <summary><see cref="Interface"/> as it is sent.</summary>
    internal byte[] InterfaceBytes { get; } = Encoding.ASCII.GetBytes(Interface);

    /// <summary><see cref="InSignature"/> as it is sent.</summary>
    internal byte[] InSignatureBytes { get; } = Encoding.ASCII.GetBytes(InSignature);

    /// <summary>Where it is found; the methods of old are on any path (specification, "Message Bus Messages").</summary>
    internal PathRule Path { get; init; } = PathRule.Any;

    /// <summary>Only root and the user that the bus runs as.</summary>
    internal bool IsPrivileged { get; init; }

    /// <summary>Peers of domains may call it too; what none of them needs to know or do, they may not.</summary>
    internal bool IsForDomains { get; init; }

    /// <summary>May be called before Hello: it is Hello.</summary>
    internal bool BeforeHello { get; init; }
}

/// <summary>On which object paths a method of the bus is found.</summary>
internal enum PathRule : byte
{
    Any,

    /// <summary>Elsewhere its interface is unknown.</summary>
    CanonicalOnly,

    /// <summary>On /org/xen/xcp/broker; elsewhere its interface is unknown.</summary>
    BrokerOnly,

    /// <summary>Elsewhere it is denied, as dbus-daemon does for UpdateActivationEnvironment.</summary>
    CanonicalOrDenied,
}

/// <summary>Answers by writing into <see cref="DriverCall.BeginReply"/>, or with an error.</summary>
internal delegate DBusError DriverFunction(ref DriverCall call);
