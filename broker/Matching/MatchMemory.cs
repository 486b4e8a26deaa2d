namespace XcpBroker.Matching;

/// <summary>Where in the tree of rules the header of a message was found, so that the same header need not be looked for again.</summary>
/// <remarks>
/// Of a header only, of one sender: what rules say of arguments is looked at each time. It holds while no node has come and no name has
/// changed hands; who has a rule is not part of it.
/// </remarks>
internal sealed class MatchMemory<T>
    where T : class
{
    /// <summary>Nodes of one header. One that more kinds of rules match is looked for each time.</summary>
    internal const int Room = 8;

    private readonly MatchNode<T>?[] _nodes = new MatchNode<T>?[Room];
    private int _count = -1;
    private ulong _shape;
    private ulong _names;

    internal ReadOnlySpan<MatchNode<T>?> Nodes => _nodes.AsSpan(0, _count);

    /// <param name="shape">Of the tree, now.</param>
    /// <param name="names">Generation of the names, now.</param>
    internal bool Holds(ulong shape, ulong names) => _count >= 0 && _shape == shape && _names == names;

    internal void Begin(ulong shape, ulong names)
    {
        Forget();
        _count = 0;
        _shape = shape;
        _names = names;
    }

    internal void Add(MatchNode<T> node)
    {
        if ((uint)_count < Room)
        {
            _nodes[_count++] = node;
        }
        else
        {
            Forget();
        }
    }

    /// <summary>The header is another one now.</summary>
    internal void Forget()
    {
        Array.Clear(_nodes);
        _count = -1;
    }
}
