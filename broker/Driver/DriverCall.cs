using XcpBroker.Buffers;
using XcpBroker.Connections;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Driver;

/// <summary>One call of a method of the bus, whose signature has been checked.</summary>
internal ref struct DriverCall
{
    private readonly BusMessages _bus;
    private readonly DriverMethod _method;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ref readonly MessageHeader _header;
    private readonly ReadOnlySpan<byte> _stamped;
    private readonly Block? _block;
    private readonly int _blockOffset;
    private readonly FdSet? _fds;
    private bool _hasBegun;
    private bool _hasReplied;

    internal DriverCall(BusMessages bus, DriverMethod method, Connection caller, in RoutedMessage message)
    {
        _bus = bus;
        _method = method;
        Caller = caller;
        ReplySerial = message.Header.Serial;
        ExpectsReply = message.ExpectsReply;
        _bytes = message.Bytes;
        _header = ref message.Header;
        _stamped = message.Stamped;
        _block = message.Block;
        _blockOffset = message.BlockOffset;
        _fds = message.Fds;
        Path = message.Path;
        Arguments = new WireReader(message.Body, message.Header.IsBigEndian);
    }

    internal Connection Caller { get; }

    internal uint ReplySerial { get; }

    internal bool ExpectsReply { get; }

    internal ReadOnlySpan<byte> Path { get; }

    /// <summary>The call as it came.</summary>
    /// <remarks>Made anew where it is wanted, which is seldom: a copy of it costs more than most methods.</remarks>
    internal readonly RoutedMessage Message =>
        new(_bytes, in _header, _stamped) { Sender = Caller, Block = _block, BlockOffset = _blockOffset, Fds = _fds };

    /// <summary>The arguments; reading them moves on.</summary>
    internal WireReader Arguments;

    /// <summary>The next argument, a string.</summary>
    internal string ReadString() => StrictUtf8.Instance.GetString(Arguments.ReadString());

    /// <summary>Where the values of the reply go; descriptors that go with it are taken over.</summary>
    internal WireWriter BeginReply(FdSet? fds = null)
    {
        _hasBegun = true;
        return _bus.BeginReply(Caller, ReplySerial, _method.OutSignature, fds);
    }

    /// <summary>Whoever has taken the call over answers it.</summary>
    internal void AnswerLater() => _hasReplied = true;

    /// <summary>Sends the reply now instead of after the function, where something has to come after it.</summary>
    internal void SendReply()
    {
        if (_hasReplied)
        {
            return;
        }

        if (!_hasBegun)
        {
            BeginReply();
        }

        _hasReplied = true;
        if (ExpectsReply)
        {
            _bus.SendReply(Caller);
        }
        else
        {
            _bus.DiscardReply();
        }
    }
}
