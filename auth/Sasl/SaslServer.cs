using System.Buffers;
using System.Text;

namespace XcpBroker.Auth.Sasl;

/// <summary>The bus's side of authentication: lines in, lines out, no socket. One object a connection, dropped after BEGIN.</summary>
/// <remarks>
/// The answers are dbus-daemon's, byte for byte, but for its leniency with odd hex and with uids that are not plain decimal.
/// Source: specification, "Authentication state diagrams", server states.
/// </remarks>
public sealed class SaslServer
{
    /// <summary>Bytes of one line with its CR LF.</summary>
    /// <remarks>16 KiB: MAX_BUFFER of dbus-daemon (dbus/dbus-auth.c).</remarks>
    public const int MaxLineBytes = 16 * 1024;

    /// <summary>Bytes of all lines of a conversation. A client needs about 70.</summary>
    /// <remarks>64 KiB: ours. Bounds what ERROR lines can be asked for; dbus-broker has a quota for it, dbus-daemon only its timeout.</remarks>
    public const int MaxConversationBytes = 64 * 1024;

    /// <summary>The REJECTED that is the last.</summary>
    /// <remarks>6: max_failures of dbus-daemon (dbus/dbus-auth.c).</remarks>
    public const int MaxRejects = 6;

    private const int MaxStackResponse = 256;

    private readonly SaslTerms _terms;
    private readonly bool _canPassFds;
    private readonly PeerAddress _address;
    private SaslExchange? _exchange;
    private State _state;
    private byte _rejects;
    private int _conversationBytes;

    /// <summary>A conversation that has not begun.</summary>
    /// <param name="peer">What the kernel said of the client.</param>
    /// <param name="terms">Of the listener.</param>
    /// <param name="canPassFds">False where the transport has no file descriptors: NEGOTIATE_UNIX_FD is an ERROR then.</param>
    /// <param name="address">Where the client has connected from; null: from this host.</param>
    public SaslServer(PeerCredentials peer, SaslTerms terms, bool canPassFds, PeerAddress? address = null)
    {
        ArgumentNullException.ThrowIfNull(terms);
        Identity = peer;
        _terms = terms;
        _canPassFds = canPassFds;
        _address = address ?? PeerAddress.Unix;
        _state = terms.Nonce.IsEmpty ? State.WaitingForNul : State.WaitingForNonce;
    }

    private enum State : byte
    {
        WaitingForNonce,
        WaitingForNul,
        WaitingForAuth,
        WaitingForData,
        WaitingForVerdict,
        WaitingForBegin,
        Authenticated,
        Disconnected,
    }

    /// <summary>Who the client is: what the kernel said, and from BEGIN on what its mechanism made of that.</summary>
    public PeerCredentials Identity { get; private set; }

    /// <summary>True once NEGOTIATE_UNIX_FD was agreed to; false again after a CANCEL or ERROR.</summary>
    public bool FdsAgreed { get; private set; }

    /// <summary>Why <see cref="SaslOutcome.Disconnect"/> was the answer.</summary>
    public SaslFailure Failure { get; private set; }

    /// <summary>Takes whole lines from the start of the input; never throws.</summary>
    /// <param name="input">Everything received and not yet consumed.</param>
    /// <param name="consumed">Bytes taken; never any behind BEGIN's CR LF, nor behind a line whose answer is <see cref="SaslOutcome.Waiting"/>.</param>
    /// <param name="output">Gets the answers, whatever the outcome is.</param>
    public SaslOutcome Receive(ReadOnlySpan<byte> input, out int consumed, IBufferWriter<byte> output)
    {
        consumed = TakePreamble(input);
        while (_state is State.WaitingForAuth or State.WaitingForData or State.WaitingForBegin)
        {
            ReadOnlySpan<byte> rest = input[consumed..];
            int end = rest[..Math.Min(rest.Length, MaxLineBytes)].IndexOf("\r\n"u8);
            if (end < 0)
            {
                CheckUnfinished(rest.Length);
                break;
            }

            consumed += end + 2;
            _conversationBytes += end + 2;
            if (_conversationBytes > MaxConversationBytes)
            {
                Disconnect(SaslFailure.ConversationTooLong);
                break;
            }

            TakeLine(rest[..end], output);
        }

        return Outcome;
    }

    /// <summary>After <see cref="SaslOutcome.Waiting"/>: begins what the conversation waits for.</summary>
    /// <param name="decided">Called once, later, on the thread of the conversation; <see cref="Resume"/> goes on then.</param>
    public void Await(Action decided) => _exchange!.Await(decided);

    /// <summary>Goes on with a conversation that waited.</summary>
    /// <param name="output">Gets the answer.</param>
    public SaslOutcome Resume(IBufferWriter<byte> output)
    {
        TakeVerdict(_exchange!.Conclude(out ReadOnlyMemory<byte> challenge), challenge.Span, output);
        return Outcome;
    }

    private SaslOutcome Outcome => _state switch
    {
        State.Authenticated => SaslOutcome.Authenticated,
        State.Disconnected => SaslOutcome.Disconnect,
        State.WaitingForVerdict => SaslOutcome.Waiting,
        _ => SaslOutcome.NeedMoreData,
    };

    /// <summary>The nonce, once all of it is there, and the NUL byte.</summary>
    private int TakePreamble(ReadOnlySpan<byte> input)
    {
        int taken = 0;
        ReadOnlySpan<byte> nonce = _terms.Nonce.Span;
        if (_state == State.WaitingForNonce && input.Length >= nonce.Length)
        {
            taken = nonce.Length;
            _state = State.WaitingForNul;
            if (!FixedTime.AreEqual(input[..taken], nonce))
            {
                Disconnect(SaslFailure.WrongNonce);
            }
        }

        if (_state == State.WaitingForNul && input.Length > taken)
        {
            _state = State.WaitingForAuth;
            if (input[taken++] != 0)
            {
                Disconnect(SaslFailure.NoLeadingNul);
            }
        }

        return taken;
    }

    private void CheckUnfinished(int length)
    {
        if (length > MaxLineBytes)
        {
            Disconnect(SaslFailure.LineTooLong);
        }
    }

    private void TakeLine(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        if (!Ascii.IsValid(line) || line.Contains((byte)0))
        {
            output.Write("ERROR \"Command contained non-ASCII\"\r\n"u8);
            return;
        }

        (ReadOnlySpan<byte> command, ReadOnlySpan<byte> arguments) = SaslLine.SplitFirstWord(line);
        switch (SaslLine.CommandOf(command))
        {
            case SaslCommand.Auth:
                TakeAuth(arguments, output);
                break;
            case SaslCommand.Data:
                TakeData(arguments, output);
                break;
            case SaslCommand.Cancel when _state == State.WaitingForAuth:
                output.Write("ERROR \"Not currently in an auth conversation\"\r\n"u8);
                break;
            case SaslCommand.Cancel or SaslCommand.Error:
                Reject(output);
                break;
            case SaslCommand.NegotiateUnixFd:
                NegotiateUnixFd(output);
                break;
            case SaslCommand.Begin:
                Begin();
                break;
            default:
                output.Write("ERROR \"Unknown command\"\r\n"u8);
                break;
        }
    }

    private void TakeAuth(ReadOnlySpan<byte> arguments, IBufferWriter<byte> output)
    {
        if (_state != State.WaitingForAuth)
        {
            output.Write(_state == State.WaitingForData
                ? "ERROR \"Sent AUTH while another AUTH in progress\"\r\n"u8
                : "ERROR \"Sent AUTH while expecting BEGIN\"\r\n"u8);
            return;
        }

        (ReadOnlySpan<byte> name, ReadOnlySpan<byte> response) = SaslLine.SplitFirstWord(arguments);
        if (_terms.Mechanisms.Find(name) is not { } mechanism)
        {
            Reject(output);
            return;
        }

        _exchange = mechanism.Begin(_address);
        if (response.IsEmpty)
        {
            _state = State.WaitingForData;
            output.Write("DATA\r\n"u8);
            return;
        }

        Respond(response, output);
    }

    private void TakeData(ReadOnlySpan<byte> arguments, IBufferWriter<byte> output)
    {
        if (_state == State.WaitingForData)
        {
            Respond(arguments, output);
            return;
        }

        output.Write(_state == State.WaitingForAuth
            ? "ERROR \"Not currently in an auth conversation\"\r\n"u8
            : "ERROR \"Sent DATA while expecting BEGIN\"\r\n"u8);
    }

    private void Respond(ReadOnlySpan<byte> hex, IBufferWriter<byte> output)
    {
        Span<byte> buffer = hex.Length <= 2 * MaxStackResponse ? stackalloc byte[MaxStackResponse] : new byte[hex.Length / 2];
        if (Convert.FromHexString(hex, buffer, out _, out int length) != OperationStatus.Done)
        {
            output.Write("ERROR \"Invalid hex encoding\"\r\n"u8);
            return;
        }

        TakeVerdict(_exchange!.Respond(Identity, buffer[..length], out ReadOnlyMemory<byte> challenge), challenge.Span, output);
    }

    private void TakeVerdict(SaslVerdict verdict, ReadOnlySpan<byte> challenge, IBufferWriter<byte> output)
    {
        switch (verdict)
        {
            case SaslVerdict.Accepted:
                _state = State.WaitingForBegin;
                SaslLine.WriteOk(output, _exchange!.Guid ?? _terms.Guid);
                break;
            case SaslVerdict.Challenge:
                _state = State.WaitingForData;
                SaslLine.WriteData(output, challenge);
                break;
            case SaslVerdict.Pending:
                _state = State.WaitingForVerdict;
                break;
            default:
                Reject(output);
                break;
        }
    }

    private void NegotiateUnixFd(IBufferWriter<byte> output)
    {
        if (_state != State.WaitingForBegin)
        {
            output.Write("ERROR \"Need to authenticate first\"\r\n"u8);
            return;
        }

        FdsAgreed = _canPassFds;
        output.Write(_canPassFds
            ? "AGREE_UNIX_FD\r\n"u8
            : "ERROR \"Unix FD passing not supported, not authenticated or otherwise not possible\"\r\n"u8);
    }

    private void Begin()
    {
        if (_state != State.WaitingForBegin)
        {
            Disconnect(SaslFailure.BeginBeforeOk);
            return;
        }

        _state = State.Authenticated;

        // What the listener proves stands: nobody becomes another domain, or a user of this host, by what it says besides.
        Identity = Identity.Domain is { IsKnown: true } ? Identity : _exchange!.Identify(Identity);
        _exchange = null;
    }

    private void Reject(IBufferWriter<byte> output)
    {
        _state = State.WaitingForAuth;
        _exchange = null;
        FdsAgreed = false;
        output.Write(_terms.Mechanisms.RejectedLine);
        if (++_rejects == MaxRejects)
        {
            Disconnect(SaslFailure.TooManyRejects);
        }
    }

    private void Disconnect(SaslFailure failure)
    {
        _state = State.Disconnected;
        _exchange = null;
        Failure = failure;
    }
}
