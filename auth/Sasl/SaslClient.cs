using System.Buffers;
using System.Text;

namespace XcpBroker.Auth.Sasl;

/// <summary>Where a client's conversation stands.</summary>
public enum SaslClientOutcome
{
    /// <summary>It goes on.</summary>
    NeedMoreData,

    /// <summary>BEGIN is written: what follows is messages.</summary>
    Authenticated,

    /// <summary>It is over; <see cref="SaslClient.Refusal"/> says why.</summary>
    Refused,
}

/// <summary>The client's side of authentication with one mechanism: lines in, lines out, no socket.</summary>
/// <remarks>Asks for no descriptors. Source: specification, "Authentication state diagrams", client states.</remarks>
/// <param name="mechanism">How it proves who it is.</param>
/// <param name="guid">What the bus's address says that its GUID is; null: nothing.</param>
public sealed class SaslClient(SaslClientMechanism mechanism, string? guid)
{
    /// <summary>Bytes of the longest line of a bus that is heard to its end.</summary>
    private const int MaxLineBytes = 16 * 1024;

    private const int GuidLength = 32;

    private bool _isOver;

    /// <summary>The bus's GUID, 32 lower-case hex digits, once it has accepted.</summary>
    public string Guid { get; private set; } = "";

    /// <summary>Why it is over, for people; empty: it is not.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>Writes what the client says first.</summary>
    public void Begin(IBufferWriter<byte> output)
    {
        output.Write("\0"u8);
        byte[] response = mechanism.InitialResponse;
        output.Write(Encoding.ASCII.GetBytes($"AUTH {mechanism.Name}{(response.Length > 0 ? " " : "")}{Convert.ToHexStringLower(response)}\r\n"));
    }

    /// <summary>Takes whole lines from the start of the input; never throws.</summary>
    /// <param name="input">Everything received and not yet consumed.</param>
    /// <param name="consumed">Bytes taken; never any behind the line that ends the conversation.</param>
    /// <param name="output">Gets the answers.</param>
    public SaslClientOutcome Receive(ReadOnlySpan<byte> input, out int consumed, IBufferWriter<byte> output)
    {
        consumed = 0;
        while (!_isOver)
        {
            ReadOnlySpan<byte> rest = input[consumed..];
            int end = rest[..Math.Min(rest.Length, MaxLineBytes)].IndexOf("\r\n"u8);
            if (end < 0)
            {
                return rest.Length < MaxLineBytes ? SaslClientOutcome.NeedMoreData : Refuse("the bus sends no lines: is it one?");
            }

            consumed += end + 2;
            TakeLine(rest[..end], output);
        }

        return Refusal.Length == 0 ? SaslClientOutcome.Authenticated : SaslClientOutcome.Refused;
    }

    private void TakeLine(ReadOnlySpan<byte> line, IBufferWriter<byte> output)
    {
        (ReadOnlySpan<byte> command, ReadOnlySpan<byte> arguments) = SaslLine.SplitFirstWord(line);
        if (command.SequenceEqual("DATA"u8))
        {
            TakeData(arguments, output);
        }
        else if (command.SequenceEqual("OK"u8))
        {
            TakeOk(arguments, output);
        }
        else if (command.SequenceEqual("REJECTED"u8))
        {
            _ = Refuse($"the bus rejects {mechanism.Name}; it offers {(arguments.IsEmpty ? "nothing" : Printable(arguments))}");
        }
        else
        {
            _ = Refuse($"the bus says '{Printable(line)}' instead of OK");
        }
    }

    private void TakeData(ReadOnlySpan<byte> hex, IBufferWriter<byte> output)
    {
        byte[] challenge = new byte[hex.Length / 2];
        bool isHex = Convert.FromHexString(hex, challenge, out _, out _) == OperationStatus.Done;
        if (!isHex || mechanism.Respond(challenge) is not { } response)
        {
            _ = Refuse($"the bus's part of {mechanism.Name} is wrong: it is another bus, or it knows another secret");
            return;
        }

        SaslLine.WriteData(output, response);
    }

    private void TakeOk(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        string said = Printable(text);
        if (!mechanism.MayAccept)
        {
            _ = Refuse($"the bus accepts {mechanism.Name} without having proved that it knows the secret");
        }
        else if (said.Length != GuidLength || !said.All(char.IsAsciiHexDigit))
        {
            _ = Refuse($"the bus's GUID '{said}' is not {GuidLength} hex digits");
        }
        else if (mechanism.ExpectedGuid is { } proved && said != proved)
        {
            _ = Refuse($"the bus has the GUID {said}, not {proved} as it proved");
        }
        else if (guid is not null && !said.Equals(guid, StringComparison.OrdinalIgnoreCase))
        {
            _ = Refuse($"the bus has the GUID {said}, not {guid} as its address says");
        }
        else
        {
            Guid = said.ToLowerInvariant();
            _isOver = true;
            output.Write("BEGIN\r\n"u8);
        }
    }

    private SaslClientOutcome Refuse(string why)
    {
        Refusal = why;
        _isOver = true;
        return SaslClientOutcome.Refused;
    }

    private static string Printable(ReadOnlySpan<byte> line) =>
        string.Concat(Encoding.Latin1.GetString(line[..Math.Min(line.Length, 200)]).Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));
}
