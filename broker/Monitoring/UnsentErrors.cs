using XcpBroker.Connections;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;
using XcpBroker.Routing;

namespace XcpBroker.Monitoring;

/// <summary>
/// Shows monitors why a message went nowhere when nobody else is told: its sender wants no answer, it is one copy of many, or it is
/// the bus's own.
/// </summary>
/// <remarks>As dbus-daemon does, so that whoever looks for a lost message finds the reason right behind it.</remarks>
internal sealed class UnsentErrors(MonitorTap monitors, BusSerials serials)
{
    private readonly MessageBuilder _message = new();

    /// <summary>Shows the error that the sender of a message would have got.</summary>
    internal void Show(in RoutedMessage failed, DBusError error)
    {
        if (monitors.Rules.Count == 0)
        {
            return;
        }

        Connection? sender = failed.Sender;
        _message.Begin(new MessageFields
        {
            Type = MessageType.Error,
            Flags = MessageFlags.NoReplyExpected,
            ErrorName = error.Name,
            ReplySerial = failed.Header.Serial,
            Destination = sender is null ? BusName.Driver : sender.IsRegistered ? sender.UniqueNameText : null,
            Sender = BusName.Driver,
            Signature = "s",
        });
        _message.Body.WriteString(error.Message);
        ReadOnlySpan<byte> bytes = _message.Finish(serials.Next());
        MessageViolation violation = MessageHeader.TryParse(bytes, out MessageHeader header);
        System.Diagnostics.Debug.Assert(violation == MessageViolation.None, "the bus made an invalid message");
        monitors.Offer(new RoutedMessage(bytes, header, bytes[..header.BodyOffset]), sender);
    }
}
