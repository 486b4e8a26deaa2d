using XcpBroker.Connections;
using XcpBroker.Journal;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>A durable message: a held one with a place in the journal.</summary>
/// <param name="buffer">Of the name that it is for.</param>
/// <param name="message">The message.</param>
/// <param name="sender">Who sent it.</param>
/// <param name="names">What the sender was called when the message was accepted.</param>
/// <param name="acceptedAt">Milliseconds since 1970.</param>
internal sealed class DurableEntry(NameBuffer buffer, HeldMessage message, DurableSender sender, IReadOnlyList<string> names, long acceptedAt) : JournalEntry
{
    /// <summary>What a message costs the journal and the bus besides its own bytes, about.</summary>
    internal const int Overhead = 512;

    internal NameBuffer Buffer => buffer;

    internal HeldMessage Message => message;

    internal DurableSender Sender => sender;

    /// <summary>The call of Post that is answered when the message is on disk; null: none is.</summary>
    internal WaitingCall? Poster { get; set; }

    /// <summary>The owner that has been given it and has not said that it has it; null: none has.</summary>
    internal Connection? GivenTo { get; set; }

    /// <summary>It is among those that the present owner has been given.</summary>
    internal bool IsGiven { get; set; }

    /// <summary>The owner that it was given to is gone, and no byte of it was written.</summary>
    internal bool IsUnsent { get; set; }

    internal bool IsOnDisk => Segment != 0 || IsMoving;

    internal override byte[] Record(WireWriter writer) => JournalMessage.Write(
        writer, Sequence, acceptedAt, Deliveries - (IsGiven ? 1u : 0u), IsSetAside, sender.Credentials, names, message.View.Bytes);
}
