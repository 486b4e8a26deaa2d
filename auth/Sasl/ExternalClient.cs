using System.Globalization;
using System.Text;

namespace XcpBroker.Auth.Sasl;

/// <summary>The client's side of EXTERNAL.</summary>
/// <param name="userId">The user that this process runs as.</param>
public sealed class ExternalClient(uint userId) : SaslClientMechanism
{
    /// <inheritdoc/>
    public override string Name => "EXTERNAL";

    /// <inheritdoc/>
    public override byte[] InitialResponse => Encoding.ASCII.GetBytes(userId.ToString(CultureInfo.InvariantCulture));
}
