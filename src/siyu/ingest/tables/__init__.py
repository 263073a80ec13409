"""Reading tables: CSV and XLSX, plain or gzipped, in any encoding of shops, as frames of text in bounded memory."""
