"""Orders and refunds, of our own shop and of foreign ones alike.

Owns: orders, lines, refunds, per-customer totals. Words: order, line, refund, shop, net sales.
Publishes: commerce.order_paid, commerce.order_revised, commerce.order_refunded. Listens to: nothing.
Limits: an order or refund has at most 5,000 lines; amounts are integer fen.
"""
