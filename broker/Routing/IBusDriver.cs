using XcpBroker.Connections;

namespace XcpBroker.Routing;

/// <summary>The bus as a peer: takes what is addressed to it.</summary>
internal interface IBusDriver
{
    /// <summary>Answers a call to org.freedesktop.DBus, or one without destination.</summary>
    void Call(Connection caller, in RoutedMessage message);

    /// <summary>Hears a reply to org.freedesktop.DBus.</summary>
    /// <returns>Whether it answers something that the bus has asked.</returns>
    bool TryTakeReply(in RoutedMessage reply);

    /// <summary>Hears a signal to org.freedesktop.DBus.</summary>
    /// <returns>Whether it means something to the bus.</returns>
    bool TryTakeSignal(in RoutedMessage signal);
}
