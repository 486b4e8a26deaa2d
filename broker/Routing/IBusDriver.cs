using XcpBroker.Connections;

namespace XcpBroker.Routing;

/// <summary>The bus as a peer: takes the method calls that are addressed to it.</summary>
internal interface IBusDriver
{
    /// <summary>Answers a call to org.freedesktop.DBus, or one without destination.</summary>
    void Call(Connection caller, in RoutedMessage message);
}
