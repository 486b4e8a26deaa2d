using System.Buffers;
using System.Text;
using XcpBroker.Auth.Sasl;

namespace XcpBroker.Auth.Tests.Sasl;

/// <summary>A client that says bytes to a server and keeps what the server did not take, as a connection does.</summary>
internal sealed class SaslTalk(SaslServer server)
{
    internal const string Guid = "0123456789abcdef0123456789abcdef";

    private readonly ArrayBufferWriter<byte> _heard = new();
    private byte[] _pending = [];

    internal SaslTalk(uint? userId = 0, bool canPassFds = true, SaslMechanisms? mechanisms = null, byte[]? nonce = null)
        : this(new SaslServer(
            new PeerCredentials { UserId = userId }, new SaslTerms(Guid, mechanisms ?? SaslMechanisms.ExternalOnly) { Nonce = nonce }, canPassFds))
    {
    }

    internal SaslOutcome Outcome { get; private set; }

    internal byte[] Pending => _pending;

    /// <summary>All that was heard, with {guid} for the guid.</summary>
    internal string Heard => Encoding.Latin1.GetString(_heard.WrittenSpan).Replace(Guid, "{guid}", StringComparison.Ordinal);

    /// <summary>Outcome in the words of the vectors.</summary>
    internal string OutcomeText => Outcome switch
    {
        SaslOutcome.Authenticated => server.FdsAgreed ? "Authenticated fds" : "Authenticated",
        SaslOutcome.Disconnect => $"Disconnect {server.Failure}",
        SaslOutcome.Waiting => "Waiting",
        _ => "NeedMoreData",
    };

    internal void Say(ReadOnlySpan<byte> bytes)
    {
        _pending = [.. _pending, .. bytes];
        Outcome = server.Receive(_pending, out int consumed, _heard);
        _pending = _pending[consumed..];
    }

    /// <summary>Lets what the conversation waits for happen.</summary>
    internal void Resume(Action decide)
    {
        bool isDecided = false;
        server.Await(() => isDecided = true);
        decide();
        Outcome = isDecided ? server.Resume(_heard) : Outcome;
    }

    internal void Say(string line) => Say(Encoding.Latin1.GetBytes(line + "\r\n"));
}
