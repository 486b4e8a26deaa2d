using XcpBroker.Activation;

namespace XcpBroker.Connections;

/// <summary>Which domains have peers on this bus; asked when a service is started, so it is looked for then.</summary>
internal sealed class ConnectedDomains(ConnectionTable connections) : IDomainPresence
{
    public bool IsConnected(string domain)
    {
        foreach (Connection connection in connections.All)
        {
            if (connection.IsOpen && connection.Credentials.Domain?.Name == domain)
            {
                return true;
            }
        }

        return false;
    }
}
