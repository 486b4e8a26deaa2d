using System.Runtime.CompilerServices;

namespace XcpBroker.Load.Engine;

/// <summary>Told of each whole message that arrived.</summary>
internal interface IFrameSink
{
    /// <param name="channel">The connection it came on.</param>
    /// <param name="type">The message type byte.</param>
    /// <param name="serial">The sender's serial.</param>
    /// <param name="bodyBytes">Length of the body.</param>
    void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes);

    /// <summary>Everything that one receive brought has been handed over.</summary>
    void OnReceived(Channel channel);
}

/// <summary>Finds the messages in a little-endian stream that is cut anywhere; it looks at the fixed 16 bytes and skips the rest.</summary>
internal unsafe struct FrameWalker
{
    private const int FixedBytes = 16;
    private fixed byte _start[FixedBytes];
    private int _held;
    private long _skip;

    /// <summary>True between messages.</summary>
    internal readonly bool IsAtBoundary => _held == 0 && _skip == 0;

    internal void Walk(byte* bytes, int count, Channel channel, IFrameSink sink)
    {
        byte* end = bytes + count;
        while (true)
        {
            if (_skip > 0)
            {
                long step = Math.Min(_skip, end - bytes);
                bytes += step;
                _skip -= step;
                if (_skip > 0)
                {
                    return;
                }

                Report(channel, sink);
            }

            if (_held == 0 && end - bytes >= FixedBytes)
            {
                Unsafe.CopyBlockUnaligned(ref _start[0], ref *bytes, FixedBytes);
                bytes += FixedBytes;
            }
            else
            {
                while (_held < FixedBytes && bytes < end)
                {
                    _start[_held++] = *bytes++;
                }

                if (_held < FixedBytes)
                {
                    return;
                }
            }

            _held = 0;
            _skip = ((Word(12) + 7) & ~7L) + Word(4);
            if (_start[0] != (byte)'l' || _start[3] != 1)
            {
                throw new InvalidDataException("the stream is out of step: no little-endian message of version 1");
            }

            if (_skip == 0)
            {
                Report(channel, sink);
            }
        }
    }

    private readonly uint Word(int offset)
    {
        fixed (byte* start = _start)
        {
            return *(uint*)(start + offset);
        }
    }

    private readonly void Report(Channel channel, IFrameSink sink) => sink.OnMessage(channel, _start[1], Word(8), Word(4));
}
